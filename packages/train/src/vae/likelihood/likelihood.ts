/** What a likelihood p(x | z) is: how it reads the decoder's outputs, and what it says of the data. */
import type { Tensor, Tensor1D, Variable } from "@tensorflow/tfjs-node";
import type { LikelihoodSection } from "@vaeport/infer/manifest";
import type { TensorFlow } from "../../tensorflow/index.js";

/**
 * The natural parameters of p(x | z), by the names that the decoder's graph gives them: `logits`; or `reconstruction`,
 * the mean or location, with the spread beside it where the decoder has one. Each [N, ...item], or one value an item,
 * [N, 1, …].
 */
export type DataParameters = Partial<
  Record<"logits" | "reconstruction" | "data_log_variance" | "data_log_scale", Tensor>
>;

/** An output of the decoder: a value for each of the item's, or one for the whole item. */
export interface DecoderHead {
  name: keyof DataParameters;
  of: "value" | "item";
}

/** p(x | z): what a decoder gives for it, and what it makes of that. */
export interface Likelihood {
  /** What the decoder gives, in this order; the first decides the mean. */
  readonly heads: readonly DecoderHead[];
  /** The natural parameters out of the decoder's outputs, held within their documented bounds. */
  parameters(outputs: readonly Tensor[]): DataParameters;
  /**
   * -log p(x | z) of each item in nats, normalising constant included, summed over its values: [N].
   *
   * @param x [N, ...item]
   * @param training whether state that follows the training, as batch normalisation's, moves on
   */
  distortion(x: Tensor, parameters: DataParameters, training?: boolean): Tensor1D;
  /** E[x | z] in the data's range, the location of a discretised logistic: [N, ...item]. */
  mean(parameters: DataParameters): Tensor;
  /** The bias of the first head at which the mean is `mean`. */
  biasFor(mean: number): number;
  /** Constants that the distortion needs besides the parameters, for the manifest. */
  constants(): LikelihoodSection["parameters"];
  /** What follows the training, and is saved with the weights. */
  readonly state?: Variable;
}

/** [N, ...item] -> [N]: the sum over all but the first axis. */
export function sumItems(tf: TensorFlow, values: Tensor): Tensor1D {
  return tf.sum(tf.reshape(values, [values.shape[0]!, -1]), 1) as Tensor1D;
}

/** floor + log(1 + e^(x - floor)): x where it is well above the floor, and never below it. */
export function softFloor(tf: TensorFlow, x: Tensor, floor: number): Tensor {
  return tf.add(tf.softplus(tf.sub(x, floor)), floor);
}

/** Means are kept this part of the range away from its ends, where logits are infinite. */
const SMALLEST_MEAN = 1e-3;

/** log(p / (1 - p)), with p kept away from 0 and 1. */
export function logit(p: number): number {
  const inside = Math.min(Math.max(p, SMALLEST_MEAN), 1 - SMALLEST_MEAN);
  return Math.log(inside / (1 - inside));
}
