/** The exactness anchor: probabilistic PCA of MNIST as a linear VAE, whose log p(x) is known to the last digit. */
import type { Tensor4D } from "@tensorflow/tfjs-node";
import { seededNormal } from "@vaeport/infer/random";
import { buildVae, readMnist, type Vae } from "@vaeport/train";
import { diagonalGaussian, diagonalLogDensity, diagonalSample } from "@vaeport/train/gaussian";
import { beforeAll, describe, expect, test } from "vitest";
import { measureEvidence } from "../src/evaluation/importance.js";
import { LogMeanExp } from "../src/evaluation/log-mean-exp.js";
import { summariseEvidence } from "../src/evaluation/report.js";
import {
  byteMoments,
  exactLogDensity,
  fitPca,
  leadingEigenpairs,
  loadings,
  multiply,
  type Principal,
  type ProbabilisticPca,
  posterior,
} from "./probabilistic-pca.js";
import { smallConfig, tf } from "./support.js";

const D = 784;

/** Mean log p(x) of the 10 000 test images in nats, from NumPy's eigen-decomposition of the same covariance. */
const ANCHORS = [
  { k: 2, test: 14.3601 },
  { k: 10, test: 186.0241 },
];

let principal: Principal;
let images: Float64Array;
beforeAll(async () => {
  const mnist = await readMnist();
  const moments = byteMoments(mnist.train.values, D);
  principal = { ...moments, ...leadingEigenpairs(moments.covariance, D, 40) };
  images = Float64Array.from(mnist.test.values, (byte) => byte / 255);
});

const image = (index: number) => images.subarray(index * D, (index + 1) * D);

describe.each(ANCHORS)("with $k latent dimensions", ({ k, test: anchor }) => {
  let model: ProbabilisticPca;
  let exact: number[];
  beforeAll(() => {
    model = fitPca(principal, k);
    exact = Array.from({ length: images.length / D }, (_, i) => exactLogDensity(model, image(i)));
  });
  const average = (values: readonly number[]) =>
    values.reduce((sum, x) => sum + x, 0) / values.length;

  test("the directions are eigenvectors of the covariance", () => {
    model.directions.forEach((u, j) => {
      const residual = multiply(principal.covariance, u).map(
        (x, i) => x - model.variances[j]! * u[i]!,
      );
      expect(Math.hypot(...residual)).toBeLessThan(1e-9);
    });
  });

  test("the exact log p(x) of the test images is the anchor's", () => {
    expect(Math.abs(average(exact) - anchor)).toBeLessThan(6e-5); // it is given to four decimals
  });

  test("in float64 every importance weight is p(x), so that ELBO = L_K = log p(x)", () => {
    const rows = loadings(model);
    const prior = diagonalGaussian(new Float64Array(k), new Float64Array(k));
    const logNoise = new Float64Array(D).fill(Math.log(model.noise));
    const samples = 5;
    for (let index = 0; index < 50; index++) {
      const { mean, logVariance } = posterior(model, image(index));
      const q = diagonalGaussian(mean, logVariance);
      const draws = seededNormal(index, samples * k);
      const evidence = new LogMeanExp();
      let elbo = 0;
      for (let sample = 0; sample < samples; sample++) {
        const z = diagonalSample(q, draws.subarray(sample * k, (sample + 1) * k));
        const decoded = model.centre.map((c, i) =>
          rows.reduce((sum, w, j) => sum + w[i]! * z[j]!, c),
        );
        const likelihood = diagonalGaussian(decoded, logNoise);
        const weight =
          diagonalLogDensity(likelihood, image(index)) +
          diagonalLogDensity(prior, z) -
          diagonalLogDensity(q, z);
        expect(Math.abs(weight / exact[index]! - 1)).toBeLessThan(1e-9);
        evidence.add(weight);
        elbo += weight / samples;
      }
      expect(Math.abs(evidence.value() / exact[index]! - 1)).toBeLessThan(1e-9);
      expect(Math.abs(elbo / exact[index]! - 1)).toBeLessThan(1e-9);
    }
  });

  test("inserted as weights of a network, TensorFlow gives ELBO = L_K = log p(x) for all test images", () => {
    const vae = linearVae(model);
    const batch = tf.tensor4d(Float32Array.from(images), [
      images.length / D,
      28,
      28,
      1,
    ]) as Tensor4D;
    const source = { tf, vae, images: batch, binarisation: "none", latentSize: k } as const;
    const items = [...measureEvidence(source, { samples: 3, seed: 1 })];
    const { logLikelihood, elbo } = summariseEvidence(items, k, D);
    const relative = (value: number) => Math.abs(value / average(exact) - 1);
    expect(relative(logLikelihood)).toBeLessThan(1e-5);
    // The rate is exact and the distortion is not: over 30 000 draws its error is below a thousandth.
    expect(relative(elbo)).toBeLessThan(1e-3);
    items.forEach(({ logEvidence }, i) => {
      expect(Math.abs(logEvidence - exact[i]!)).toBeLessThan(
        1e-3 * Math.max(1, Math.abs(exact[i]!)),
      );
    });
    batch.dispose();
    vae.dispose();
  });
});

/** The package's dense network without hidden layers, given the model's weights. */
function linearVae(model: ProbabilisticPca): Vae {
  const k = model.variances.length;
  const config = smallConfig({
    model: { type: "dense", hidden: [] },
    latent: { size: k },
    likelihood: { name: "gaussian", variance: "fixed", varianceValue: model.noise },
  });
  const vae = buildVae(tf, config, { itemShape: [28, 28, 1] });
  const rows = loadings(model);
  const { mean: shift, logVariance } = posterior(model, new Float64Array(D));
  const encoding = Array.from({ length: D }, (_, i) => {
    return rows.map((row, j) => row[i]! / model.variances[j]!);
  });
  tf.tidy(() => {
    vae.encoder.getLayer("mean").setWeights([tf.tensor2d(encoding), tf.tensor1d([...shift])]);
    const scale = tf.tensor1d([...logVariance]);
    vae.encoder.getLayer("log_variance").setWeights([tf.zeros([D, k]), scale]);
    const decoding = tf.tensor2d(rows.map((row) => [...row]));
    vae.decoder.getLayer("reconstruction").setWeights([decoding, tf.tensor1d([...model.centre])]);
  });
  return vae;
}
