/** The evidence lower bound of items and its two parts. */
import type { Graphs, RunOptions } from "./graphs.js";
import { requireWithin } from "./input.js";
import { reparameterise } from "./latent.js";
import type { LikelihoodSection, VaeManifest } from "./manifest/types.js";
import { seededNormal } from "./random.js";
import type { Tensor } from "./runtime/types.js";

/** Per item, in nats: elbo = -(distortion + rate). */
export interface Scores {
  /** -log p(x | z), averaged over the draws of z. */
  distortion: Float32Array;
  /** KL(q(z | x) || p(z)). */
  rate: Float32Array;
  /** The evidence lower bound on log p(x). */
  elbo: Float32Array;
}

/** Whether a likelihood is the Bernoulli or the continuous one, whose parameters are logits. */
export function isBernoulli({ name }: LikelihoodSection): boolean {
  return name.endsWith("bernoulli");
}

/** The (continuous) Bernoulli likelihood is one of values within the range. Throws InputError for others. */
export function requireSupport({ data: x }: Tensor, { likelihood, data }: VaeManifest): void {
  if (!isBernoulli(likelihood)) return;
  const [low, high] = data.range;
  const expected = `values from ${low} to ${high} for a ${likelihood.name} likelihood`;
  requireWithin("score: x", x, expected, data.range);
}

/**
 * Scores x [n, ...data.shape] over draws of z, the s-th from stream s of the seed, or at the mean for no draws; as
 * items `offset` and on.
 */
export async function scoreItems(
  graphs: Graphs,
  x: Tensor,
  { samples, seed, offset }: { samples: number; seed: number; offset: number },
  run: RunOptions,
): Promise<Scores> {
  const posterior = await graphs.encode(x, run);
  const { mean } = posterior;
  const total = new Float64Array(x.shape[0]!);
  let rate!: Float32Array;
  const draws = Math.max(samples, 1);
  const skip = offset * mean.shape[1]!;
  for (let draw = 0; draw < draws; draw++) {
    const noise = () => seededNormal(seed, mean.data.length, draw, skip);
    const z = samples === 0 ? mean : reparameterise(posterior, noise());
    const parameters = await graphs.parameters(z, run);
    const scores = await graphs.score(x, posterior, parameters, run);
    scores.distortion.data.forEach((value, item) => {
      total[item]! += value;
    });
    rate = scores.rate.data;
  }
  const distortion = Float32Array.from(total, (sum) => sum / draws);
  return { distortion, rate, elbo: distortion.map((value, item) => -(value + rate[item]!)) };
}
