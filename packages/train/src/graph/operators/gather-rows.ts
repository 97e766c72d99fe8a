/** Rows of a table by native indices. */
import type { GradSaveFunc, Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { execute } from "./execute.js";

/**
 * Rows of a table: [N, ...item] and int32 [B], each in [0, N) -> [B, ...item], differentiable in the table.
 *
 * Does what tf.gather does along the first axis, but never reads the indices into JavaScript, which takes time. An
 * index out of range is an error of TensorFlow.
 */
export function gatherRows<T extends Tensor>(tf: TensorFlow, table: T, rows: Tensor1D): T {
  const [count] = table.shape as [number];
  const gather = tf.customGrad((values, save) => {
    (save as GradSaveFunc)([rows]); // rows made within the function are gone when the gradient is wanted
    return {
      value: gatherForward(tf, values as T, rows),
      gradFunc: (gradient, [kept]) => scatterSum(tf, gradient as Tensor, kept as Tensor1D, count),
    };
  });
  return gather(table) as T;
}

function gatherForward(tf: TensorFlow, table: Tensor, rows: Tensor1D): Tensor {
  return execute(tf, "GatherV2", [table, rows, tf.scalar(0, "int32")], {
    Tparams: { dtype: table.dtype },
    Tindices: { dtype: "int32" },
    Taxis: { dtype: "int32" },
    batch_dims: { int: 0 },
  });
}

/** [B, ...item] -> [N, ...item]: each row added to the one that it came from; its gradient is the gather again. */
function scatterSum(tf: TensorFlow, values: Tensor, rows: Tensor1D, count: number): Tensor {
  const attributes = {
    T: { dtype: values.dtype },
    Tindices: { dtype: "int32" },
    Tnumsegments: { dtype: "int32" },
  } as const;
  const scatter = tf.customGrad((items, save) => {
    (save as GradSaveFunc)([rows]);
    const inputs = [items as Tensor, rows, tf.scalar(count, "int32")];
    return {
      value: execute(tf, "UnsortedSegmentSum", inputs, attributes),
      gradFunc: (gradient, [kept]) => gatherRows(tf, gradient as Tensor, kept as Tensor1D),
    };
  });
  return scatter(values);
}
