/** `vaeport-export triton`: a model folder to a Triton model repository. */
import {
  type TritonOptions,
  tritonRepository,
  writeTritonRepository,
} from "../triton/repository.js";
import { type Precision, readModelFolder } from "../vae/read-model-folder.js";
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
  if (json) return print(JSON.stringify({ folder: output, models: repository.models }));
  const models = Object.values(repository.models);
  print(`${output}: ${models.length} models, batches of up to ${models[0]?.max_batch_size} items`);
  const width = Math.max(...models.map(({ name }) => name.length));
  for (const { name, input, output: outputs } of models) {
    const names = (tensors: typeof input) => tensors.map((tensor) => tensor.name).join(", ");
    print(`  ${name.padEnd(width)}  ${names(input)} -> ${names(outputs)}`);
  }
}
