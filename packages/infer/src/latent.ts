/** Points of the latent space: draws and paths. */
import { InputError } from "./errors.js";
import { requireWhole } from "./input.js";
import { seededNormal } from "./random.js";
import type { Tensor } from "./runtime/types.js";

/** A diagonal normal distribution over z for each item, both [n, k]. */
export interface Posterior {
  mean: Tensor;
  logVariance: Tensor;
}

/** z = mean + exp(logVariance / 2) * noise, [n, k]: Kingma & Welling 2014, section 2.4, https://arxiv.org/abs/1312.6114 */
export function reparameterise({ mean, logVariance }: Posterior, noise: Float32Array): Tensor {
  const data = mean.data.map(
    (centre, index) => centre + Math.exp(logVariance.data[index]! / 2) * noise[index]!,
  );
  return { data, shape: [...mean.shape] };
}

/** n draws of temperature * N(0, I), [n, k]. */
export function drawPrior(n: number, k: number, seed: number, temperature: number): Tensor {
  requireWhole("sample: n", n, 1);
  if (!(Number.isFinite(temperature) && temperature >= 0)) {
    throw new InputError(
      `sample: temperature: expected a number from 0 up; got ${String(temperature)}.`,
    );
  }
  return { data: seededNormal(seed, n * k).map((value) => value * temperature), shape: [n, k] };
}

/** How a path runs from one point to another: along the chord, or along the arc about the origin. */
export type PathKind = "linear" | "spherical";

/** `steps` points from a to b, both included, [steps, k]; a and b are [1, k]. */
export function latentPath(a: Tensor, b: Tensor, steps: number, kind: PathKind): Tensor {
  requireWhole("interpolate: steps", steps, 2);
  const k = a.data.length;
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

/** sin((1 - t) w) / sin w and sin(t w) / sin w, w the angle at the origin: Shoemake 1985, https://doi.org/10.1145/325165.325242 */
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
