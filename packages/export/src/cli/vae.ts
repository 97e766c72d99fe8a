/** `vaeport-export vae`: a run folder to a model folder. */

import type { Precision } from "../export-options.js";
import { onnxRunner } from "../onnx-runtime.js";
import { type ExportedVae, exportVae } from "../vae/export-vae.js";
import { writeModelFolder } from "../vae/model-folder.js";
import { readRun } from "../vae/run-folder.js";
import { type GraphFlags, graphOptions } from "./flags.js";
import { calmTensorFlow, print } from "./output.js";

export interface VaeOptions extends GraphFlags {
  output: string;
  precision?: readonly Precision[];
  force?: boolean;
  json?: boolean;
}

export async function exportRun(runFolder: string, options: VaeOptions): Promise<void> {
  await calmTensorFlow();
  const { precision = [] } = options;
  const lower = precision.some((each) => each !== "float32");
  const exported = await exportVae(await readRun(runFolder), {
    ...graphOptions(options),
    precisions: precision,
    ...(lower ? { run: await onnxRunner("--precision") } : {}),
  });
  await writeModelFolder(options.output, exported, { force: options.force ?? false });
  printModelFolder(options.output, exported, options.json ?? false);
}

/** Says what was written, for people or for machines. */
export function printModelFolder(folder: string, { manifest }: ExportedVae, json: boolean): void {
  const { name, variants } = manifest;
  if (json) {
    print(JSON.stringify({ folder, name, files: variants.float32, variants }));
    return;
  }
  print(`${folder}: ${name}`);
  for (const [precision, { encoder, decoder, score, errorAgainstFloat32 }] of Object.entries(
    variants,
  )) {
    for (const { file, bytes } of precision === "float32"
      ? [encoder, decoder, score]
      : [encoder, decoder]) {
      print(`  ${file.padEnd(12)} ${bytes.toLocaleString("en")} bytes`);
    }
    for (const [output, error] of Object.entries(errorAgainstFloat32 ?? {})) {
      print(`    ${output}: largest error ${error.toExponential(1)} against float32`);
    }
  }
}
