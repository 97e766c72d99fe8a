/** The README's programs run as they are written, in a folder of their own. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blockWith } from "@vaeport/test/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectClose } from "./support/compare.js";
import { saveModel } from "./support/save.js";
import { sequential, tf, tfl } from "./support/tf.js";

const { layers } = tfl;

const here = fileURLToPath(new URL("../", import.meta.url));
const README = readFileSync(join(here, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "vaeport-readme-"));
const installed = join(folder, "node_modules");
const model = sequential(
  [28, 28, 1],
  [
    layers.conv2d({ filters: 4, kernelSize: 3, strides: 2 }),
    layers.flatten(),
    layers.dense({ units: 10 }),
  ],
);

beforeAll(async () => {
  mkdirSync(join(installed, "@vaeport"), { recursive: true });
  symlinkSync(here, join(installed, "@vaeport", "export"));
  for (const name of ["@tensorflow", "onnxruntime-web"]) {
    symlinkSync(join(here, "node_modules", name), join(installed, name));
  }
  await saveModel(model, join(folder, "model"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the first program of the README with this text prints, and `more` behind it. */
function run(text: string, more: string): string {
  // The entry without WebGPU is for browsers alone; Node has the same code under the package's name.
  const code = blockWith(README, "js", text).replace("onnxruntime-web/wasm", "onnxruntime-web");
  writeFileSync(join(folder, "main.mjs"), code + more);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["main.mjs"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The program ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}

test("a model in memory, to a file", () => {
  const printed = run("printGraph", "");
  expect(printed).toContain("inputs  x [N, 28, 28, 1]\noutputs class [N, 10]");
  expect(existsSync(join(folder, "model.onnx"))).toBe(true);
});

test("a saved model, in onnxruntime-web", () => {
  const show = "\nconsole.log(JSON.stringify([results.class.dims, [...results.class.data]]));";
  const [dims, data] = JSON.parse(run("onnxruntime-web", show).trim().split("\n").at(-1) ?? "");
  const expected = model.predict(tf.fill([1, 28, 28, 1], 0.5)) as tf.Tensor;
  expect(dims).toEqual([1, 10]);
  expectClose(data, expected.dataSync());
});
