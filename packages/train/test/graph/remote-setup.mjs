/** A program for a worker thread: y = w x with one weight that learns, and functions that fail. */
import { adam, Program } from "@vaeport/train/graph";

/** @type {import("@vaeport/train/graph").SetUp<{ fail?: boolean }>} */
const setUp = (tf, { fail }) => {
  if (fail) throw new RangeError("not today");
  const w = tf.variable(tf.scalar(2), true, "w");
  const program = new Program(tf);
  const step = program.train(
    "step",
    (/** @type {import("@tensorflow/tfjs-node").Tensor1D} */ x) =>
      /** @type {import("@tensorflow/tfjs-node").Tensor} */ (tf.sum(tf.square(tf.mul(x, w)))),
    [tf.tensor1d([1, 2])],
    { variables: [w], optimizer: adam({ learningRate: 0.1 }) },
  );
  return { program, functions: { step } };
};
export default setUp;
