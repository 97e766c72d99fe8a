/** Models that tensorflowjs_converter made of Keras ones, against the numbers of Keras: goldens/keras/make.py. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportOnnx, exportOnnxFile, loadLayersModel } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { checkOnnx } from "./referee.js";

const golden = fileURLToPath(new URL("./goldens/keras/", import.meta.url));
const { input, output }: { input: number[]; output: number[] } = JSON.parse(
  readFileSync(join(golden, "expected.json"), "utf8"),
);
const scratch = mkdtempSync(join(tmpdir(), "vaeport-keras-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test.each([
  ["float32", 1e-5],
  ["uint16", 1e-3],
])("a converted model, weights %s: the numbers of Keras", async (folder, tolerance) => {
  const file = join(scratch, `${folder}.onnx`);
  const model = join(golden, folder, "model.json");
  const { graph } = await exportOnnxFile(model, file);
  const { source_sha256 = "" } = graph.metadata;
  const bytes = new Uint8Array(readFileSync(file));
  await checkOnnx([bytes]);
  const loaded = exportOnnx(await loadLayersModel(model), { metadata: { source_sha256 } });
  expect(loaded.bytes).toEqual(bytes);
  const session = await ort.InferenceSession.create(bytes);
  const x = new ort.Tensor("float32", Float32Array.from(input), [2, 6, 5, 2]);
  const got = (await session.run({ image: x })).class?.data as Float32Array;
  const errors = output.map((value, index) => Math.abs(value - got[index]!));
  expect(Math.max(...errors)).toBeLessThan(tolerance);
});
