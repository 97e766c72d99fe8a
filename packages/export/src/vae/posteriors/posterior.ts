/** What the graphs need of a Gaussian posterior q(z | x) against the prior N(0, I), and the same in float64. */
import type { GraphBuilder } from "../../ir/builder.js";
import type { Value } from "../../ir/types.js";

/** Names and shapes behind the batch, in order. */
export type Shapes = readonly (readonly [name: string, shape: readonly number[]])[];

export interface Posterior {
  /** What the encoder model gives, in order. */
  heads(k: number): readonly (readonly number[])[];
  /** What the encoder graph gives. */
  tensors(k: number): Shapes;
  /** The encoder graph's outputs out of the encoder model's. */
  outputs(g: GraphBuilder, heads: readonly Value[]): Record<string, Value>;
  /** KL(q || p) per item in nats, of the encoder graph's outputs: [N, 1]. */
  rate(g: GraphBuilder, outputs: Readonly<Record<string, Value>>): Value;
  /** `outputs` of one item in float64. */
  referenceOutputs(heads: readonly Float32Array[]): Record<string, Float32Array>;
  /** z of one item for standard normal noise, in float64. */
  referenceSample(
    outputs: Readonly<Record<string, Float32Array>>,
    noise: Float32Array,
  ): Float32Array;
  /** `rate` of one item in float64. */
  referenceRate(outputs: Readonly<Record<string, Float32Array>>): number;
}
