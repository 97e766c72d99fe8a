/** The terms of -ELBO against float64 closed forms, quadrature and finite differences. */
import type { Scalar, Tensor2D, Tensor3D, Tensor4D, Variable } from "@tensorflow/tfjs-node";
import {
  buildVae,
  createLikelihood,
  type DiagonalPosterior,
  elboTerms,
  objective,
  parseConfig,
  rate,
  samplePosterior,
  type Vae,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { numbers, tf } from "./support.js";

const softplus = (a: number) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

const bernoulli = createLikelihood(tf, { name: "bernoulli" });

describe("Bernoulli likelihood", () => {
  const logits = [-1e4, -100, -30, -17, -1, -1e-3, 0, 1e-3, 1, 17, 30, 100, 1e4];

  test.each([0, 0.3, 1])("distortion of x = %d equals float64, extreme logits included", (x) => {
    const found = tf.tidy(() =>
      bernoulli
        .distortion(tf.fill([logits.length, 1], x), {
          logits: tf.tensor2d(logits, [logits.length, 1]),
        })
        .dataSync(),
    );
    logits.forEach((a, i) => {
      const exact = x * softplus(-a) + (1 - x) * softplus(a);
      expect(Math.abs(found[i]! - exact)).toBeLessThan(1e-6 + 2e-7 * Math.abs(a));
    });
  });

  test("probabilities of all binary images sum to 1", () => {
    const images = Array.from({ length: 8 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
    const total = tf.tidy(() => {
      const a = tf.tile(tf.tensor2d([[-3, 0.2, 5]]), [8, 1]);
      const distortion = bernoulli.distortion(tf.tensor2d(images), { logits: a });
      return tf.sum(tf.exp(tf.neg(distortion))).dataSync()[0]!;
    });
    expect(total).toBeCloseTo(1, 6);
  });

  test("sums over height, width and channels of each item", () => {
    const x = tf.ones([2, 3, 4, 5]);
    const distortion = bernoulli.distortion(x, { logits: tf.zerosLike(x) }).arraySync();
    for (const value of distortion) expect(value).toBeCloseTo(60 * Math.LN2, 4);
  });
});

describe("posterior", () => {
  test("z = mean + exp(log_variance / 2) * noise", () => {
    const [m, v, e] = [numbers(12, -3, 3, 1), numbers(12, -8, 4, 2), numbers(12, -2, 2, 3)];
    const shape: [number, number] = [4, 3];
    const posterior = { mean: tf.tensor2d(m, shape), logVariance: tf.tensor2d(v, shape) };
    const z = samplePosterior(tf, posterior, tf.tensor2d(e, shape)).dataSync();
    z.forEach((value, i) => {
      const exact = m[i]! + Math.exp(v[i]! / 2) * e[i]!;
      expect(Math.abs(value - exact)).toBeLessThan(1e-6 * (1 + Math.abs(exact)));
    });
  });

  test("rate equals the integral of q log(q / p) by quadrature", () => {
    const mean = [0, 1.5, -2, 0.1];
    const logVariance = [0, -3, 1, 1e-3];
    const terms = mean.map((m, j) => klByQuadrature(m, logVariance[j]!));
    const found = rate(tf, {
      mean: tf.tensor2d([mean, [0, 0, 0, 0]]),
      logVariance: tf.tensor2d([logVariance, [0, 0, 0, 0]]),
    }).arraySync();
    const exact = terms.reduce((sum, term) => sum + term);
    expect(Math.abs(found[0]! - exact)).toBeLessThan(1e-6 * exact);
    expect(found[1]).toBe(0);
  });

  /** KL(N(m, e^v) || N(0, 1)): trapezoids over 12 standard deviations, exact to rounding for smooth tails. */
  function klByQuadrature(m: number, v: number): number {
    const s = Math.exp(v / 2);
    const step = 0.01;
    let sum = 0;
    for (let t = -12; t <= 12; t += step) {
      const z = m + s * t;
      const density = Math.exp(-0.5 * t * t) / Math.sqrt(2 * Math.PI);
      sum += step * density * (-v / 2 - 0.5 * t * t + 0.5 * z * z);
    }
    return sum;
  }
});

/** A VAE of 3 x 2 images, smooth so that finite differences apply, its weights away from zero. */
function tinyVae(latentSize: number): Vae {
  const config = parseConfig({
    name: "tiny",
    data: { name: "mnist" },
    model: { type: "dense", hidden: [5], activation: "tanh" },
    latent: { size: latentSize },
  });
  const vae = buildVae(tf, config, { itemShape: [3, 2, 1] });
  vae.variables.forEach((variable, i) => {
    variable.assign(tf.tensor(numbers(variable.size, -0.9, 0.9, i + 1), variable.shape));
  });
  return vae;
}

const batch = 7;
const latent = 3;
const x = numbers(batch * 6, 0, 1, 50);
const noise = numbers(batch * latent, -2, 2, 51);

const PLAIN = { freeBits: 0, samples: 1 } as const;

function loss(vae: Vae, beta: number): Scalar {
  const images = tf.tensor4d(x, [batch, 3, 2, 1]);
  const draws = tf.tensor3d(noise, [1, batch, latent]);
  const terms = elboTerms(tf, vae, { x: images }, draws, true);
  return objective(tf, PLAIN, terms, { beta: tf.scalar(beta), capacity: tf.scalar(0) });
}

function gradients(vae: Vae, beta: number): number[] {
  return tf.tidy(() => {
    const { grads } = tf.variableGrads(() => loss(vae, beta), vae.variables);
    return vae.variables.flatMap(({ name }) => Array.from(grads[name]!.dataSync()));
  });
}

/** distortion + beta * rate of the tiny VAE in float64, written out by hand from its weights in order. */
function lossInFloat64(weights: readonly number[], beta: number): number {
  let at = 0;
  const take = (rows: number, columns: number) => {
    const kernel = weights.slice(at, at + rows * columns);
    const bias = weights.slice(at + rows * columns, at + (rows + 1) * columns);
    at += (rows + 1) * columns;
    return (input: readonly number[]) =>
      bias.map((b, c) => input.reduce((sum, v, r) => sum + v * kernel[r * columns + c]!, b));
  };
  const [hidden, mean, logVariance] = [take(6, 5), take(5, latent), take(5, latent)];
  const [decoderHidden, logits] = [take(latent, 5), take(5, 6)];
  let total = 0;
  for (let n = 0; n < batch; n++) {
    const item = x.slice(6 * n, 6 * n + 6);
    const h = hidden(item).map(Math.tanh);
    const [m, v] = [mean(h), logVariance(h)];
    const z = m.map((mj, j) => mj + Math.exp(v[j]! / 2) * noise[latent * n + j]!);
    const a = logits(decoderHidden(z).map(Math.tanh));
    const distortion = a.reduce((sum, ai, i) => sum + softplus(ai) - item[i]! * ai, 0);
    const kl = m.reduce((sum, mj, j) => sum + 0.5 * (Math.exp(v[j]!) - 1 - v[j]! + mj * mj), 0);
    total += (distortion + beta * kl) / batch;
  }
  return total;
}

const flatten = (variables: readonly Variable[]) =>
  variables.flatMap((variable) => Array.from(variable.dataSync()));

describe("objective", () => {
  test.each([0, 1, 4])("with beta %d, loss and every gradient equal float64", (beta) => {
    const vae = tinyVae(latent);
    const weights = flatten(vae.variables);
    const exact = lossInFloat64(weights, beta);
    const found = tf.tidy(() => loss(vae, beta).dataSync()[0]!);
    expect(Math.abs(found - exact)).toBeLessThan(1e-6 * exact);

    const analytic = gradients(vae, beta);
    const step = 1e-5;
    const numeric = weights.map((_, i) => {
      const at = (h: number) => lossInFloat64(weights.with(i, weights[i]! + h), beta);
      return (at(step) - at(-step)) / (2 * step);
    });
    const largest = Math.max(...numeric.map(Math.abs));
    analytic.forEach((value, i) => {
      expect(Math.abs(value - numeric[i]!)).toBeLessThan(3e-6 * largest);
    });
    vae.dispose();
  });

  test("doubling beta adds the rate's gradient once more", () => {
    const vae = tinyVae(latent);
    const [zero, one, two] = [0, 1, 2].map((beta) => gradients(vae, beta)) as [
      number[],
      number[],
      number[],
    ];
    const ofRate = one.map((value, i) => value - zero[i]!);
    const added = two.map((value, i) => value - one[i]!);
    const largest = Math.max(...ofRate.map(Math.abs));
    expect(largest).toBeGreaterThan(0.1);
    added.forEach((value, i) => {
      expect(Math.abs(value - ofRate[i]!)).toBeLessThan(3e-6 * largest);
    });
    vae.dispose();
  });
});

describe("the Monte Carlo rate of the model's own samples", () => {
  const draws = 20_000;
  const k = 5;

  /** How many standard errors the mean of log q(z|x) - log p(z) is away from the reported rate. */
  function standardErrors(sample: (vae: Vae, x: Tensor4D, noise: Tensor2D) => Tensor2D): number {
    const vae = tinyVae(k);
    const images = tf.tile(tf.tensor4d(numbers(6, 0, 1, 60), [1, 3, 2, 1]), [draws, 1, 1, 1]);
    const z = sample(vae, images, tf.randomNormal([draws, k], 0, 1, "float32", 61)).dataSync();
    const posterior = vae.encode(images) as DiagonalPosterior;
    const reported = rate(tf, posterior).dataSync()[0]!;
    const mean = posterior.mean.dataSync().subarray(0, k);
    const logVariance = posterior.logVariance.dataSync().subarray(0, k);
    let sum = 0;
    z.forEach((value, i) => {
      const v = logVariance[i % k]!;
      sum += 0.5 * (value ** 2 - v - (value - mean[i % k]!) ** 2 / Math.exp(v));
    });
    // Variance of the log-ratio under q: sum of (1 - s^2)^2 / 2 + m^2 s^2, with s^2 = exp(v).
    const variance = Array.from(mean).reduce((total, m, j) => {
      const s2 = Math.exp(logVariance[j]!);
      return total + (1 - s2) ** 2 / 2 + m * m * s2;
    }, 0);
    vae.dispose();
    return Math.abs(sum / draws - reported) / Math.sqrt(variance / draws);
  }

  /** What the objective hands to the decoder. */
  function ownSamples(vae: Vae, images: Tensor4D, draws: Tensor2D): Tensor2D {
    let seen: Tensor2D | undefined;
    const spy: Vae = {
      ...vae,
      decode(z, options) {
        seen = z;
        return vae.decode(z, options);
      },
    };
    elboTerms(tf, spy, { x: images }, tf.expandDims(draws, 0) as Tensor3D, true);
    return seen!;
  }

  test("equals the rate it reports", () => {
    expect(standardErrors(ownSamples)).toBeLessThan(4);
  });

  test.each<[string, (v: Tensor2D) => Tensor2D]>([
    ["half the log-variance", (v) => tf.mul(v, 0.5)],
    ["the variance", (v) => tf.exp(v)],
    ["1", (v) => tf.onesLike(v)],
  ])("would not, were the noise scaled by %s", (_, scale) => {
    const wrong = (vae: Vae, images: Tensor4D, draws: Tensor2D): Tensor2D => {
      const { mean, logVariance } = vae.encode(images) as DiagonalPosterior;
      return tf.add(mean, tf.mul(scale(logVariance), draws));
    };
    expect(standardErrors(wrong)).toBeGreaterThan(4);
  });
});
