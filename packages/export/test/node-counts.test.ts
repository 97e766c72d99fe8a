/**
 * How many nodes the shipped models and a convolutional VAE have, by operator: what passes win or lose shows here, in the
 * shipped models once they are exported again, as test/suites/shipped-models.test.ts then asks.
 */
import { readdirSync, readFileSync } from "node:fs";
import { exportOnnx } from "@vaeport/export";
import { expect, test } from "vitest";
import { readModel } from "./support/onnx.js";
import { convVae } from "./support/vaes.js";

function operators(bytes: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of readModel(bytes).graph.node) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

const models = new URL("../../../models/", import.meta.url);
const shipped = readdirSync(models, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
  .flatMap(({ name }) => ["encoder", "decoder", "score"].map((graph) => [name, graph] as const));

test.each(shipped)("%s, %s", (model, graph) => {
  const counts = operators(readFileSync(new URL(`${model}/${graph}.onnx`, models)));
  expect(counts).toMatchSnapshot();
  expect(counts).not.toHaveProperty("Transpose");
});

test.each(["encoder", "decoder"] as const)("a convolutional VAE with colour, %s", (graph) => {
  const counts = operators(exportOnnx(convVae(12, 3, 5)[graph], { layout: "NCHW" }).bytes);
  expect(counts).toMatchSnapshot();
  expect(counts).not.toHaveProperty("Transpose");
});
