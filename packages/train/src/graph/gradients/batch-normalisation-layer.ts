/**
 * tf.js' layer of batch normalisation in training on images, by the operators that TensorFlow has for it: one for
 * moments and values, one for all gradients, where tf.js spells them out in some twenty over the whole batch. Of features
 * alone, [N, C], they are no faster.
 * Ioffe and Szegedy, "Batch normalization" (2015), https://arxiv.org/abs/1502.03167
 */
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { executeAll } from "../operators/execute.js";
import type { Patch } from "../recording/patch.js";
import { backwardAll, FLOAT } from "./backward.js";

/** What `call` needs of the layer; the declarations of tf.js leave most of it out. */
interface Layer {
  axis: number;
  epsilon: number;
  momentum: number;
  gamma?: Weight;
  beta?: Weight;
  movingMean: Weight;
  movingVariance: Weight;
}

interface Weight {
  read(): Tensor1D;
  write(value: Tensor): void;
}

type Call = (this: Layer, inputs: Tensor | Tensor[], options: { training?: boolean }) => Tensor;

/** Replaces the layer's `call` where TensorFlow's operators do the same; elsewhere the layer's own runs. */
export function batchNormalisationLayer(tf: TensorFlow): Patch {
  const { BatchNormalization } = tf.serialization.SerializationMap.getMap().classNameMap;
  const target = BatchNormalization![0].prototype as { call: Call };
  const own = target.call;
  const call: Call = function (inputs, options) {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const { axis, gamma, beta } = this;
    const images = x.rank === 4 && (axis === -1 || axis === 3) && x.dtype === "float32";
    if (!options.training || !images || !gamma || !beta) return own.call(this, inputs, options);
    return tf.tidy(() => {
      const { y, mean, variance } = normalise(tf, x, gamma.read(), beta.read(), this.epsilon);
      follow(tf, this.movingMean, mean, this.momentum);
      follow(tf, this.movingVariance, variance, this.momentum);
      return y;
    });
  };
  return { target, key: "call", value: call };
}

/**
 * y = (x - mean) / sqrt(variance + epsilon) * scale + offset by the moments of x [N, H, W, C] over all axes but the
 * last, each [C], the variance divided by the number of values.
 */
function normalise(
  tf: TensorFlow,
  x: Tensor,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  const count = x.size / x.shape[3]!;
  const attributes = {
    ...FLOAT,
    U: { dtype: "float32" },
    epsilon: { float: epsilon },
    data_format: { text: "NHWC" },
    is_training: { flag: true },
  } as const;
  let moments: Tensor[] = [];
  const fused = tf.customGrad((...given) => {
    const [images, scales, offsets] = given as Tensor[];
    const save = given[3] as (tensors: Tensor[]) => void;
    const none = tf.tensor1d([]);
    const inputs = [images!, scales!, offsets!, none, none];
    const results = executeAll(tf, "FusedBatchNormV3", inputs, attributes, 6);
    const [value, mean, unbiased, ...reserve] = results;
    moments = [tf.keep(mean!), tf.keep(tf.mul(unbiased!, (count - 1) / count))];
    save([images!, scales!, ...reserve]);
    return {
      value: value!,
      gradFunc: (dy, saved) =>
        backwardAll(tf, "FusedBatchNormGradV3", [dy, ...saved], attributes, 5).slice(0, 3),
    };
  });
  const y = fused(x, scale, offset);
  const [mean, variance] = moments.map((kept) => tf.clone(kept));
  tf.dispose(moments);
  return { y, mean: mean!, variance: variance! };
}

/** The moving average of a moment, as the layer itself takes it. */
function follow(tf: TensorFlow, average: Weight, value: Tensor, momentum: number): void {
  const before = average.read();
  average.write(tf.sub(before, tf.mul(tf.sub(before, value), 1 - momentum)));
}
