/** `vaeport-export vae`: a run folder to a model folder. */
import { exportVae } from "../vae/export-vae.js";
import { writeModelFolder } from "../vae/model-folder.js";
import { readRun } from "../vae/run-folder.js";
import { calmTensorFlow, print } from "./output.js";

export interface VaeOptions {
  output: string;
  force?: boolean;
  json?: boolean;
}

export async function exportRun(runFolder: string, options: VaeOptions): Promise<void> {
  await calmTensorFlow();
  const exported = await exportVae(await readRun(runFolder));
  await writeModelFolder(options.output, exported, { force: options.force ?? false });
  const { name, variants } = exported.manifest;
  if (options.json) {
    return print(JSON.stringify({ folder: options.output, name, files: variants.float32 }));
  }
  print(`${options.output}: ${name}`);
  for (const { file, bytes } of Object.values(variants.float32)) {
    print(`  ${file.padEnd(12)} ${bytes.toLocaleString("en")} bytes`);
  }
}
