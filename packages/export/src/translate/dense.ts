/** Dense: y = activation(x kernel + bias) over the last axis. */
import * as ops from "../ir/ops/index.js";
import { activate } from "./activation.js";
import { biasOf, single, weight } from "./config.js";
import type { Translator } from "./types.js";

/** x [N, ..., K], kernel [K, units], bias [units] -> [N, ..., units]. */
export const dense: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const w = g.weight("kernel", weight(layer, "kernel"));
  const bias = biasOf(layer, g);
  if (x.shape.length === 2) return [activate(layer, ops.gemm(g, x, w, bias), g)];
  const product = ops.matMul(g, x, w);
  return [activate(layer, bias === null ? product : ops.add(g, product, bias), g)];
};
