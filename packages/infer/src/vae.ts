/// <reference lib="esnext.disposable" preserve="true" />
/** A loaded model: encoding, decoding, sampling and scoring, with plain Float32Arrays in and out. */
import { DisposedError, UnsupportedModelError } from "./errors.js";
import type { Graphs } from "./graphs.js";
import { batch, requireWhole } from "./input.js";
import { drawPrior, latentPath, type PathKind, type Posterior, reparameterise } from "./latent.js";
import type { VaeManifest } from "./manifest/types.js";
import type { RuntimeReport } from "./providers.js";
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

/**
 * A variational autoencoder on one execution provider; get one from `loadVae`.
 *
 * `x` is n items of data, [n, ...manifest.data.shape] in the layout and range of `manifest.data`; `z` is n latent
 * points, [n, k], k = `manifest.latent.size`. Both are taken as a tensor or as its bare values, checked (InputError)
 * and copied. Calls may overlap: they run one at a time, and one that fails leaves the others alone. Results own
 * their memory. Seeds are whole numbers; a seed gives the same noise, to the bit, on every platform.
 */
export class Vae {
  readonly manifest: VaeManifest;
  /** Which execution provider runs the model, and what was tried before it. */
  readonly runtime: RuntimeReport;
  readonly #graphs: Graphs;
  #released: Promise<void> | undefined;

  /** @internal */
  constructor(manifest: VaeManifest, runtime: RuntimeReport, graphs: Graphs) {
    this.manifest = manifest;
    this.runtime = runtime;
    this.#graphs = graphs;
  }

  /** The posterior q(z | x) of each item: mean and log-variance, each [n, k]. */
  async encode(x: Tensor | Float32Array): Promise<Posterior> {
    return this.#live("encode").encode(this.#data("encode: x", x));
  }

  /** The likelihood's mean at each z, in the data's range: [n, ...data.shape]. */
  async decode(z: Tensor | Float32Array): Promise<Tensor> {
    return this.#decode("decode", this.#latent("decode: z", z));
  }

  /** The likelihood's mean and its logits at each z; Bernoulli likelihoods only (UnsupportedModelError). */
  async decodeParameters(
    z: Tensor | Float32Array,
  ): Promise<{ reconstruction: Tensor; logits: Tensor }> {
    const graphs = this.#live("decodeParameters");
    const { name } = this.manifest.likelihood;
    if (name !== "bernoulli" && name !== "continuous-bernoulli") {
      throw new UnsupportedModelError(
        `decodeParameters: a ${name} likelihood has no logits. Use decode.`,
      );
    }
    return graphs.decode(this.#latent("decodeParameters: z", z), ["reconstruction", "logits"]);
  }

  /** One draw of z for each item of a posterior: mean + exp(logVariance / 2) * noise, [n, k]. */
  sampleLatent(posterior: Posterior, options: { seed: number }): Tensor {
    const mean = this.#latent("sampleLatent: mean", posterior.mean);
    const n = mean.shape[0];
    const logVariance = this.#latent("sampleLatent: logVariance", posterior.logVariance, n);
    return reparameterise({ mean, logVariance }, seededNormal(options.seed, mean.data.length));
  }

  /** Encodes and decodes: through the posterior's mean, or through one seeded draw from it. */
  async reconstruct(x: Tensor | Float32Array, options: { seed?: number } = {}): Promise<Tensor> {
    const graphs = this.#live("reconstruct");
    const posterior = await graphs.encode(this.#data("reconstruct: x", x));
    const { seed } = options;
    const z = seed === undefined ? posterior.mean : this.sampleLatent(posterior, { seed });
    return this.#decode("reconstruct", z);
  }

  /** n items drawn from the model: z from temperature * N(0, I), decoded to [n, ...data.shape]. */
  async sample(n: number, options: { seed: number; temperature?: number }): Promise<Tensor> {
    const { seed, temperature = 1 } = options;
    return this.#decode("sample", drawPrior(n, this.manifest.latent.size, seed, temperature));
  }

  /**
   * Decodes `steps` points on the way from one latent point to another, both included: [steps, ...data.shape].
   * The `linear` path, the default, is the chord; the `spherical` one the arc about the origin.
   */
  async interpolate(
    from: Tensor | Float32Array,
    to: Tensor | Float32Array,
    options: { steps: number; path?: PathKind },
  ): Promise<Tensor> {
    const { steps, path = "linear" } = options;
    const a = this.#latent("interpolate: from", from, 1);
    const b = this.#latent("interpolate: to", to, 1);
    return this.#decode("interpolate", latentPath(a, b, steps, path));
  }

  /**
   * Distortion, rate and evidence lower bound of each item, averaged over `samples` draws of z (1 by default), the
   * s-th from stream s of `seed` (0 by default); 0 samples score at the posterior's mean.
   */
  async score(
    x: Tensor | Float32Array,
    options: { samples?: number; seed?: number } = {},
  ): Promise<Scores> {
    const graphs = this.#live("score");
    const { samples = 1, seed = 0 } = options;
    requireWhole("score: samples", samples, 0);
    const data = this.#data("score: x", x);
    const posterior = await graphs.encode(data);
    const total = new Float64Array(data.shape[0]!);
    let rate: Float32Array = new Float32Array();
    const draws = Math.max(samples, 1);
    for (let draw = 0; draw < draws; draw++) {
      const z =
        samples === 0
          ? posterior.mean
          : reparameterise(posterior, seededNormal(seed, posterior.mean.data.length, draw));
      const scores = await graphs.score(data, posterior, await graphs.parameters(z));
      scores.distortion.data.forEach((value, item) => {
        total[item]! += value;
      });
      rate = scores.rate.data;
    }
    const distortion = Float32Array.from(total, (sum) => sum / draws);
    return { distortion, rate, elbo: distortion.map((value, item) => -(value + rate[item]!)) };
  }

  /** Frees the sessions after the calls in flight; later calls throw DisposedError. May be called again. */
  dispose(): Promise<void> {
    this.#released ??= this.#graphs.release();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #decode(where: string, z: Tensor): Promise<Tensor> {
    const { reconstruction } = await this.#live(where).decode(z, ["reconstruction"]);
    return reconstruction;
  }

  #live(where: string): Graphs {
    if (this.#released === undefined) return this.#graphs;
    throw new DisposedError(`${where}: the model was disposed. Load it again.`);
  }

  #data(where: string, x: Tensor | Float32Array): Tensor {
    return batch(where, x, this.manifest.data.shape);
  }

  #latent(where: string, z: Tensor | Float32Array, n?: number): Tensor {
    return batch(where, z, [this.manifest.latent.size], n);
  }
}
