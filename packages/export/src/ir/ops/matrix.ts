/** Matrix products. */
import type { GraphBuilder } from "../builder.js";
import type { Dim, Value } from "../types.js";
import { known, misfit, needRank, show } from "./shapes.js";

/**
 * a w + bias: https://onnx.ai/onnx/operators/onnx__Gemm.html
 * a [N, K], w [K, M], bias [M] or null -> [N, M].
 */
export function gemm(g: GraphBuilder, a: Value, w: Value, bias: Value | null): Value {
  needRank("Gemm", a, 2);
  needRank("Gemm", w, 2);
  needInner("Gemm", a, w);
  const units = known("Gemm", w, 1);
  return g.node("Gemm", bias === null ? [a, w] : [a, w, bias], { shape: [a.shape[0] ?? 1, units] });
}

/**
 * The product over the last axis of a: https://onnx.ai/onnx/operators/onnx__MatMul.html
 * a [..., K], w [K, M] -> [..., M].
 */
export function matMul(g: GraphBuilder, a: Value, w: Value): Value {
  needRank("MatMul", w, 2);
  needInner("MatMul", a, w);
  return g.node("MatMul", [a, w], { shape: [...a.shape.slice(0, -1), known("MatMul", w, 1)] });
}

/**
 * Products of matrices, item by item: https://onnx.ai/onnx/operators/onnx__MatMul.html
 * a [N, I, K], b [N, K, J] -> [N, I, J].
 */
export function batchMatMul(g: GraphBuilder, a: Value, b: Value): Value {
  needRank("MatMul", a, 3);
  needRank("MatMul", b, 3);
  if (a.shape[2] !== b.shape[1]) {
    throw misfit("MatMul", `inner sizes of ${show(a.shape)} and ${show(b.shape)} differ`);
  }
  return g.node("MatMul", [a, b], { shape: [...a.shape.slice(0, 2), b.shape[2] as Dim] });
}

function needInner(op: string, a: Value, w: Value): void {
  if (a.layout !== "source") throw misfit(op, "needs its input in the source layout");
  if (a.shape.at(-1) !== w.shape[0]) {
    throw misfit(op, `inner sizes of ${show(a.shape)} and ${show(w.shape)} differ`);
  }
}
