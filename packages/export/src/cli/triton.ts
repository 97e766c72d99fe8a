/** `vaeport-export triton`: a model folder to a Triton model repository. */
import type { Precision } from "../export-options.js";
import {
  type TritonOptions,
  tritonRepository,
  writeTritonRepository,
} from "../triton/repository.js";
import { readModelFolder } from "../vae/read-model-folder.js";
import { print } from "./output.js";

export interface TritonCommandOptions extends TritonOptions {
  output: string;
  precision: Precision;
  force?: boolean;
  json?: boolean;
}

export async function exportTriton(folder: string, options: TritonCommandOptions): Promise<void> {
  const { output, precision, force = false, json = false, ...batching } = options;
  const repository = tritonRepository(await readModelFolder(folder, precision), batching);
  writeTritonRepository(output, repository, { force });
  const { models, notes } = repository;
  if (json) return print(JSON.stringify({ folder: output, models, notes }));
  const configs = Object.values(models);
  print(
    `${output}: ${configs.length} models, batches of up to ${configs[0]?.max_batch_size} items`,
  );
  const width = Math.max(...configs.map(({ name }) => name.length));
  for (const { name, input, output: outputs } of configs) {
    const names = (tensors: typeof input) => tensors.map((tensor) => tensor.name).join(", ");
    print(`  ${name.padEnd(width)}  ${names(input)} -> ${names(outputs)}`);
  }
  for (const note of notes) print(`  note: ${note}`);
}
