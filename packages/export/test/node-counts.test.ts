/** How many nodes the shipped models and a convolutional VAE have, by operator: what passes win or lose shows here. */
import { readFileSync } from "node:fs";
import { exportOnnx } from "@vaeport/export";
import { expect, test } from "vitest";
import { readModel } from "./support/onnx.js";
import { convVae } from "./support/vaes.js";

function operators(bytes: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of readModel(bytes).graph.node) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

test.each(["encoder", "decoder", "score"])("mnist-dense-20, %s", (graph) => {
  const file = new URL(`../../../models/mnist-dense-20/${graph}.onnx`, import.meta.url);
  expect(operators(readFileSync(file))).toMatchSnapshot();
});

test.each(["encoder", "decoder"] as const)("a convolutional VAE with colour, %s", (graph) => {
  const counts = operators(exportOnnx(convVae(12, 3, 5)[graph], { layout: "NCHW" }).bytes);
  expect(counts).toMatchSnapshot();
  expect(counts).not.toHaveProperty("Transpose");
});
