/** `vaeport-export manifest`: an encoder and a decoder made elsewhere to a model folder. */
import { basename, resolve } from "node:path";
import { readBytes } from "#files";
import { onnxRunner } from "../onnx-runtime.js";
import { assembleVae } from "../vae/assemble.js";
import type { DescribeOptions } from "../vae/describe.js";
import { writeModelFolder } from "../vae/model-folder.js";
import { print } from "./output.js";
import { printModelFolder } from "./vae.js";

export interface ManifestOptions extends Omit<DescribeOptions, "name" | "parameters"> {
  output: string;
  name?: string;
  parameter?: Record<string, number>;
  force?: boolean;
  json?: boolean;
}

export async function makeManifest(
  encoder: string,
  decoder: string,
  options: ManifestOptions,
): Promise<void> {
  const { output, force = false, json = false, parameter, ...description } = options;
  const pair = { encoder: await readBytes(encoder), decoder: await readBytes(decoder) };
  const run = await onnxRunner("Validating graphs");
  const name = description.name ?? basename(resolve(output));
  const described = { ...description, name, ...(parameter && { parameters: parameter }) };
  const assembled = await assembleVae(pair, described, run);
  await writeModelFolder(output, assembled, { force });
  printModelFolder(output, assembled, json);
  if (!json) print(`  ${summary(assembled.manifest)}`);
}

function summary({
  data,
  latent,
  likelihood,
  condition,
}: import("@vaeport/infer/manifest").VaeManifest) {
  const classes = condition === undefined ? "" : `, ${condition.classes} classes`;
  return (
    `items [${data.shape.join(", ")}] (${data.layout}), values [${data.range.join(", ")}], ` +
    `${latent.size} latent dimensions, ${latent.posterior} posterior, ${likelihood.name} likelihood${classes}`
  );
}
