/** The export package's README in a browser: a saved tf.js model to ONNX and through onnxruntime-web, in Chromium. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blockWith } from "@vaeport/test/consumers";
import { buildScript, type Site } from "@vaeport/test/page";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveModel } from "../../packages/export/test/support/save.js";
import { sequential, tf, tfl } from "../../packages/export/test/support/tf.js";
import { expectClose, type Lab, startLab } from "./browser-lab.js";

const { layers } = tfl;
const README = fileURLToPath(new URL("../../packages/export/README.md", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vaeport-export-browser-"));
const model = sequential(
  [28, 28, 1],
  [
    layers.conv2d({ filters: 4, kernelSize: 3, strides: 2 }),
    layers.flatten(),
    layers.dense({ units: 10 }),
  ],
);
let lab: Lab;
let site: Site;

beforeAll(async () => {
  await saveModel(model, folder);
  const example = blockWith(readFileSync(README, "utf8"), "js", "onnxruntime-web");
  const told = "window.told = { dims: results.class.dims, data: Array.from(results.class.data) };";
  lab = await startLab(() => buildScript(`${example}\n${told}`));
  site = await lab.open({ models: { "/model/": folder }, ready: "told" });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test("my tf.js model in onnxruntime-web: the numbers of tf.js", async () => {
  const got = await site.page.evaluate("window.told");
  const { dims, data } = got as { dims: number[]; data: number[] };
  const expected = model.predict(tf.fill([1, 28, 28, 1], 0.5)) as tf.Tensor;
  expectClose(
    "class",
    { shape: dims, data: Float32Array.from(data) },
    { shape: expected.shape, data: expected.dataSync() as Float32Array },
  );
});

test("asks its own server alone", () => {
  const { origin } = site.server;
  expect(site.requests.filter((address) => !address.startsWith(`${origin}/`))).toEqual([]);
  expect(site.requests.filter((address) => address.endsWith(".wasm"))).toHaveLength(1);
});
