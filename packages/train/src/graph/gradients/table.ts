/**
 * Gradients of tf.js' kernels on TensorFlow's own backward operators, where tf.js spells them out in several. The
 * operators: https://www.tensorflow.org/api_docs/python/tf/raw_ops
 */
import type { GradConfig, Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { sameShape } from "../native.js";
import { gatherRows } from "../operators/gather-rows.js";
import { backward, FLOAT } from "./backward.js";
import { batchNormalisationGradient } from "./batch-normalisation.js";

/**
 * The gradient of an activation, from the input that it took or the output that it gave. The slope at a kink is tf.js'
 * own but for two: selu at 0, where TensorFlow takes that from above and tf.js that from below, and relu6 at 6, where
 * they are 0 and 1.
 */
function activation(
  kernelName: string,
  saves: "input" | "output",
  gradient: (dy: Tensor, saved: Tensor) => Tensor,
): GradConfig {
  return {
    kernelName,
    inputsToSave: saves === "input" ? ["x"] : [],
    outputsToSave: saves === "output" ? [true] : [],
    gradFunc: (dy, [saved]) => ({ x: () => gradient(dy as Tensor, saved!) }),
  };
}

/**
 * From the output where its sign tells the input's, alpha >= 0: the activation is then alone in reading its input, and
 * TensorFlow joins both. With a second reader its remapper tries too, after a convolution, and gives up the graph.
 */
function leakyReluGradient(tf: TensorFlow): GradConfig {
  return {
    kernelName: "LeakyRelu",
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attributes) => {
      const { alpha } = attributes as unknown as { alpha: number };
      const features = (alpha >= 0 ? y : x) as Tensor;
      const given = { ...FLOAT, alpha: { float: alpha } };
      return { x: () => backward(tf, "LeakyReluGrad", [dy as Tensor, features], given) };
    },
  };
}

/** The sum of `dy` over the axes along which a term of `shape` was broadcast. */
function sumToShape(tf: TensorFlow, dy: Tensor, shape: number[]): Tensor {
  // A tensor of its own: tf.js disposes of a gradient once it has added it to another.
  if (sameShape(dy.shape, shape)) return tf.clone(dy);
  if (shape.length === 1 && dy.rank >= 2 && shape[0] === dy.shape.at(-1)) {
    return backward(tf, "BiasAddGrad", [dy], { ...FLOAT, data_format: { text: "NHWC" } });
  }
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape);
}

function addGradient(tf: TensorFlow): GradConfig {
  return {
    kernelName: "Add",
    inputsToSave: ["a", "b"],
    gradFunc: (dy, [a, b]) => ({
      a: () => sumToShape(tf, dy as Tensor, a!.shape),
      b: () => sumToShape(tf, dy as Tensor, b!.shape),
    }),
  };
}

function sumGradient(tf: TensorFlow): GradConfig {
  return {
    kernelName: "Sum",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => {
      const axes = tf.util.parseAxisParam((attributes as { axis?: number[] }).axis!, x!.shape);
      const kept = x!.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const spread = () => {
        const size = tf.tensor1d(x!.shape, "int32");
        const inputs = [tf.reshape(dy as Tensor, kept), size];
        return backward(tf, "BroadcastTo", inputs, { ...FLOAT, Tidx: { dtype: "int32" } });
      };
      return { x: spread };
    },
  };
}

/** tf.js adds up one slice for each repetition; this is one sum. */
function tileGradient(tf: TensorFlow): GradConfig {
  return {
    kernelName: "Tile",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => {
      const { reps } = attributes as unknown as { reps: number[] };
      const split = x!.shape.flatMap((length, axis) => [reps[axis]!, length]);
      const repeated = x!.shape.map((_, axis) => 2 * axis);
      return { x: () => tf.sum(tf.reshape(dy as Tensor, split), repeated) };
    },
  };
}

/** [N, ...item] -> [B, ...item]: each item gets its segment's gradient, one of a negative segment none. */
function segmentSumGradient(tf: TensorFlow): GradConfig {
  return {
    kernelName: "UnsortedSegmentSum",
    inputsToSave: ["segmentIds"],
    gradFunc: (upstream, [saved]) => {
      const spread = () => {
        const dy = upstream as Tensor;
        const segments = saved as Tensor1D;
        const rows = tf.maximum(segments, tf.scalar(0, "int32")) as Tensor1D;
        const kept = tf.cast(tf.greaterEqual(segments, 0), "float32");
        const column = tf.reshape(kept, [segments.size, ...dy.shape.slice(1).fill(1)]);
        return tf.mul(gatherRows(tf, dy, rows), column);
      };
      return { x: spread };
    },
  };
}

/** Every gradient to install. */
export function nativeGradients(tf: TensorFlow): GradConfig[] {
  const gradient = (operator: string) => (dy: Tensor, saved: Tensor) =>
    backward(tf, operator, [dy, saved]);
  const ofOutput = (operator: string) => (dy: Tensor, y: Tensor) => backward(tf, operator, [y, dy]);
  return [
    activation("Relu", "output", gradient("ReluGrad")),
    activation("Relu6", "output", gradient("Relu6Grad")),
    activation("Elu", "output", gradient("EluGrad")),
    activation("Selu", "output", gradient("SeluGrad")),
    activation("Softplus", "input", gradient("SoftplusGrad")),
    activation("Sigmoid", "output", ofOutput("SigmoidGrad")),
    activation("Tanh", "output", ofOutput("TanhGrad")),
    leakyReluGradient(tf),
    addGradient(tf),
    sumGradient(tf),
    tileGradient(tf),
    segmentSumGradient(tf),
    batchNormalisationGradient(tf),
  ];
}
