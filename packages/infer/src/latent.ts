/** Points of the latent space: draws and paths. */
import { InputError } from "./errors.js";
import { batch, requireFinite, requireWhole, requireWithin, shown } from "./input.js";
import type { LatentSection } from "./manifest/types.js";
import { seededNormal } from "./random.js";
import type { Tensor } from "./runtime/types.js";

/** A normal distribution over z for each item. */
export interface Posterior {
  /** [n, k]. */
  mean: Tensor;
  /** Log-variance of each latent, [n, k]; of its marginal distribution where the covariance is full. */
  logVariance: Tensor;
  /** Lower Cholesky factor of a full covariance, [n, k, k]; absent where the covariance is diagonal. */
  scaleTril?: Tensor;
}

/**
 * One z per item, [n, k], from standard normal noise [n, k]: mean + exp(logVariance / 2) * noise, or
 * mean + scaleTril * noise. Kingma & Welling 2014, section 2.4, https://arxiv.org/abs/1312.6114
 */
export function reparameterise(posterior: Posterior, noise: Float32Array): Tensor {
  const { mean, logVariance, scaleTril } = posterior;
  const k = mean.shape[1]!;
  const offset =
    scaleTril === undefined
      ? (index: number) => Math.exp(logVariance.data[index]! / 2) * noise[index]!
      : (index: number) => {
          const row = index % k;
          let sum = 0;
          for (let column = 0; column <= row; column++) {
            sum += scaleTril.data[index * k + column]! * noise[index - row + column]!;
          }
          return sum;
        };
  return {
    data: mean.data.map((centre, index) => centre + offset(index)),
    shape: [...mean.shape],
  };
}

/** One draw of z for each item of a posterior, [n, k], the first as draw `offset` of the seed. Throws InputError. */
export function drawPosterior(
  posterior: Posterior,
  { size: k, posterior: covariance }: LatentSection,
  { seed, offset }: { seed: number; offset: number },
): Tensor {
  requireWhole("sampleLatent: offset", offset, 0);
  const part = (name: keyof Posterior, item: readonly number[], count?: number) =>
    batch(`sampleLatent: ${name}`, posterior?.[name], item, { count });
  const mean = part("mean", [k]);
  const n = mean.shape[0];
  const checked = covariance === "full" && { scaleTril: part("scaleTril", [k, k], n) };
  const logVariance = part("logVariance", [k], n);
  const noise = seededNormal(seed, mean.data.length, 0, offset * k);
  const z = reparameterise({ mean, logVariance, ...checked }, noise);
  requireWithin("sampleLatent: z", z.data, "finite values");
  return z;
}

/** The log of the diagonal of L L^T for lower Cholesky factors L [n, k, k]: [n, k]. */
export function marginalLogVariance({ data, shape }: Tensor): Tensor {
  const [n, k] = shape as [number, number, number];
  const variance = new Float64Array(n * k);
  data.forEach((value, index) => {
    variance[Math.floor(index / k)]! += value * value;
  });
  return { data: Float32Array.from(variance, Math.log), shape: [n, k] };
}

/** Beyond it no model knows what it decodes, and float32 gives out inside of the graph. */
const MOST_TEMPERATURE = 1e3;

/** n draws, at most `most`, of temperature * N(0, I), [n, k], from draw `offset` of the seed on. Throws InputError. */
export function drawPrior(
  n: number,
  k: number,
  { seed, temperature, offset }: { seed: number; temperature: number; offset: number },
  most: number,
): Tensor {
  requireWhole("sample: n", n, 1, most);
  requireWhole("sample: offset", offset, 0);
  requireFinite("sample: temperature", temperature, 0, MOST_TEMPERATURE);
  const noise = seededNormal(seed, n * k, 0, offset * k);
  return { data: noise.map((value) => value * temperature), shape: [n, k] };
}

/**
 * `steps` copies, at most `most`, of z [1, k] with one dimension swept evenly from one value to another, both
 * included: [steps, k].
 */
export function latentSweep(
  z: Tensor,
  dimension: number,
  range: readonly [number, number],
  steps: number,
  most: number,
): Tensor {
  const k = z.data.length;
  requireWhole("traverse: dimension", dimension, 0, k - 1);
  requireWhole("traverse: steps", steps, 2, most);
  const [from, to] = [range?.[0], range?.[1]];
  for (const end of [from, to]) requireFinite("traverse: range", end);
  const data = new Float32Array(steps * k);
  for (let step = 0; step < steps; step++) {
    const [ofFrom, ofTo] = chordWeights(step / (steps - 1));
    data.set(z.data, step * k);
    data[step * k + dimension] = ofFrom * from + ofTo * to;
  }
  return { data, shape: [steps, k] };
}

/** How a path runs from one point to another: along the chord, or along the arc about the origin. */
export type PathKind = "linear" | "spherical";

/** `steps` points, at most `most`, from a to b, both included, [steps, k]; a and b are [1, k]. */
export function latentPath(
  a: Tensor,
  b: Tensor,
  steps: number,
  kind: PathKind,
  most: number,
): Tensor {
  const k = a.data.length;
  requireWhole("interpolate: steps", steps, 2, most);
  if (kind !== "linear" && kind !== "spherical") {
    throw new InputError(
      `interpolate: path: expected "linear" or "spherical"; got ${shown(kind)}.`,
    );
  }
  const weights = kind === "spherical" ? arcWeights(a.data, b.data) : chordWeights;
  const data = new Float32Array(steps * k);
  for (let step = 0; step < steps; step++) {
    const [ofA, ofB] = weights(step / (steps - 1));
    for (let index = 0; index < k; index++) {
      data[step * k + index] = ofA * a.data[index]! + ofB * b.data[index]!;
    }
  }
  return { data, shape: [steps, k] };
}

/** The share of a and of b at time t in [0, 1]. */
type Weights = (t: number) => [number, number];

const chordWeights: Weights = (t) => [1 - t, t];

/**
 * sin((1 - t) w) / sin w and sin(t w) / sin w, w the angle at the origin: Shoemake 1985,
 * https://doi.org/10.1145/325165.325242
 */
function arcWeights(a: Float32Array, b: Float32Array): Weights {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (Number.isNaN(angle) || (sine < 1e-6 && cosine < 0)) {
    throw new InputError(
      "interpolate: expected end points with an arc between them; got a zero or two opposite ones. Use the linear path.",
    );
  }
  if (sine < 1e-6) return chordWeights;
  return (t) => [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
