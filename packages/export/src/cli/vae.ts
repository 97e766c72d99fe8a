/** `vaeport-export vae`: a run folder to a model folder. */
import { type ExportedVae, exportVae } from "../vae/export-vae.js";
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
  printModelFolder(options.output, exported, options.json ?? false);
}

/** Says what was written, for people or for machines. */
export function printModelFolder(folder: string, { manifest }: ExportedVae, json: boolean): void {
  const { name, variants } = manifest;
  if (json) {
    print(JSON.stringify({ folder, name, files: variants.float32 }));
    return;
  }
  print(`${folder}: ${name}`);
  for (const { file, bytes } of Object.values(variants.float32)) {
    print(`  ${file.padEnd(12)} ${bytes.toLocaleString("en")} bytes`);
  }
}
