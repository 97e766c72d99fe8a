/// <reference lib="esnext.disposable" preserve="true" />
/** A loaded model: encoding, decoding, sampling and scoring, with plain Float32Arrays in and out. */
import { InputError, UnsupportedModelError } from "./errors.js";
import type { Graphs, RunOptions } from "./graphs.js";
import { batch, given, isPictures, oneHot, requireWhole } from "./input.js";
import {
  drawPosterior,
  drawPrior,
  latentPath,
  latentSweep,
  type PathKind,
  type Posterior,
} from "./latent.js";
import { Lifecycle, type Reopen } from "./lifecycle.js";
import type { VaeManifest } from "./manifest/types.js";
import type { Opened } from "./open.js";
import type {
  CallOptions,
  DataInput,
  DataOptions,
  LabelOptions,
  LatentInput,
  OffsetOptions,
  Place,
  Placed,
  PlaceOptions,
} from "./options.js";
import type { RuntimeReport } from "./providers.js";
import type { GpuTensor, Runtime, Tensor } from "./runtime/types.js";
import { isBernoulli, requireSupport, type Scores, scoreItems } from "./score.js";
import { elementCount, mostItems } from "./shape.js";

/**
 * A variational autoencoder on one execution provider; get one from `loadVae`.
 *
 * `x` is n items of data, [n, ...manifest.data.shape] in the layout and range of `manifest.data`; `z` is n latent
 * points, [n, k], k = `manifest.latent.size`. Both are taken as a tensor or as its bare values, checked (InputError)
 * and copied. Calls may overlap: they run one at a time (or on the `workers`), and one that fails leaves the others
 * alone; a graph that fails is a RunError. Results own their memory. Seeds are whole numbers; a seed gives the same
 * noise, to the bit, on every platform. Every call takes a `signal`, see CallOptions.
 */
export class Vae {
  readonly manifest: VaeManifest;
  readonly #pictures: Runtime["pictures"];
  readonly #life: Lifecycle;

  /** @internal */
  constructor(opened: Opened, reopen: Reopen) {
    this.manifest = opened.manifest;
    this.#pictures = opened.pictures;
    this.#life = new Lifecycle(opened, reopen);
  }

  /** Which execution provider runs the model, and what was tried before it. */
  get runtime(): RuntimeReport {
    return this.#life.report;
  }

  /** The posterior q(z | x) of each item: mean and log-variance, each [n, k], and a full covariance's factor. */
  async encode(x: DataInput, options: DataOptions = {}): Promise<Posterior> {
    const data = this.#data("encode", x, options);
    return this.#call("encode", data, options, (graphs, run) => graphs.encode(data, run));
  }

  /** The likelihood's mean at each z, in the data's range: [n, ...data.shape]. */
  async decode<To extends Place = "cpu">(
    z: LatentInput,
    options: PlaceOptions<To> = {},
  ): Promise<Placed<To>> {
    return this.#decode("decode", this.#latent("decode: z", z), options);
  }

  /** The likelihood's mean and its logits at each z; Bernoulli likelihoods only (UnsupportedModelError). */
  async decodeParameters(
    z: LatentInput,
    options: LabelOptions = {},
  ): Promise<{ reconstruction: Tensor; logits: Tensor }> {
    const { likelihood } = this.manifest;
    if (!isBernoulli(likelihood)) {
      throw new UnsupportedModelError(
        `decodeParameters: a ${likelihood.name} likelihood has no logits. Use decode.`,
      );
    }
    const latent = this.#latent("decodeParameters: z", z);
    return this.#call("decodeParameters", latent, options, (graphs, run) =>
      graphs.decode(latent, ["reconstruction", "logits"], run),
    );
  }

  /** One draw of z for each item of a posterior, mean + exp(logVariance / 2) * noise or mean + scaleTril * noise. */
  sampleLatent(posterior: Posterior, options: OffsetOptions & { seed: number }): Tensor {
    const { seed, offset = 0 } = given("sampleLatent", options);
    return drawPosterior(posterior, this.manifest.latent, { seed, offset });
  }

  /**
   * Encodes and decodes: through the posterior's mean, which stays on the GPU where results can, or through one seeded
   * draw from it, made on the CPU.
   */
  async reconstruct<To extends Place = "cpu">(
    x: DataInput,
    options: DataOptions & OffsetOptions & PlaceOptions<To> & { seed?: number | undefined } = {},
  ): Promise<Placed<To>> {
    const { seed, offset, to } = given("reconstruct", options);
    const data = this.#data("reconstruct", x, options);
    return this.#call("reconstruct", data, options, async (graphs, run) => {
      const decode = (z: Tensor | GpuTensor) => graphs.decodeTo("reconstruct", z, to, run);
      if (seed === undefined) return graphs.withMean(data, run, decode);
      return decode(this.sampleLatent(await graphs.encode(data, run), { seed, offset }));
    });
  }

  /** n items drawn from the model: z from temperature * N(0, I), decoded to [n, ...data.shape]. */
  async sample<To extends Place = "cpu">(
    n: number,
    options: PlaceOptions<To> & OffsetOptions & { seed: number; temperature?: number | undefined },
  ): Promise<Placed<To>> {
    const { seed, temperature = 1, offset = 0 } = given("sample", options);
    const draws = { seed, temperature, offset };
    const z = drawPrior(n, this.manifest.latent.size, draws, this.#mostItems);
    return this.#decode("sample", z, options);
  }

  /**
   * Decodes `steps` points on the way from one latent point to another, both included: [steps, ...data.shape].
   * The `linear` path, the default, is the chord; the `spherical` one the arc about the origin.
   */
  async interpolate<To extends Place = "cpu">(
    from: LatentInput,
    to: LatentInput,
    options: PlaceOptions<To> & { steps: number; path?: PathKind | undefined },
  ): Promise<Placed<To>> {
    const { steps, path = "linear" } = given("interpolate", options);
    const a = this.#latent("interpolate: from", from, 1);
    const b = this.#latent("interpolate: to", to, 1);
    return this.#decode("interpolate", latentPath(a, b, steps, path, this.#mostItems), options);
  }

  /**
   * Decodes one latent point `steps` times, one of its dimensions swept evenly through `range` (-3 to 3 by default),
   * both ends included: [steps, ...data.shape].
   */
  async traverse<To extends Place = "cpu">(
    z: LatentInput,
    options: PlaceOptions<To> & {
      dimension: number;
      steps: number;
      range?: readonly [number, number] | undefined;
    },
  ): Promise<Placed<To>> {
    const { dimension, steps, range = [-3, 3] } = given("traverse", options);
    const point = this.#latent("traverse: z", z, 1);
    const swept = latentSweep(point, dimension, range, steps, this.#mostItems);
    return this.#decode("traverse", swept, options);
  }

  /**
   * Distortion, rate and evidence lower bound of each item, averaged over `samples` draws of z (1 by default), the
   * s-th from stream s of `seed` (0 by default); 0 samples score at the posterior's mean. InputError where values are
   * outside of the range of the data, and the likelihood is a (continuous) Bernoulli.
   */
  async score(
    x: DataInput,
    options: DataOptions &
      OffsetOptions & { samples?: number | undefined; seed?: number | undefined } = {},
  ): Promise<Scores> {
    const { samples = 1, seed = 0, offset = 0 } = given("score", options);
    requireWhole("score: samples", samples, 0);
    requireWhole("score: offset", offset, 0);
    const data = this.#data("score", x, options);
    requireSupport(data, this.manifest);
    return this.#call("score", data, options, (graphs, run) =>
      scoreItems(graphs, data, { samples, seed, offset }, run),
    );
  }

  /**
   * Runs every graph once on n items (1 by default), so that what a provider puts off to its first run, such as
   * compiling shaders for WebGPU, is done before it counts.
   */
  async warmup(n = 1, options: CallOptions = {}): Promise<void> {
    const { data, condition } = this.manifest;
    const size = elementCount(data.shape);
    requireWhole("warmup: n", n, 1, this.#mostItems);
    const x = new Float32Array(n * size).fill(data.range[0]);
    const label = condition === undefined ? undefined : 0;
    await this.score(x, { ...given("warmup", options), label });
  }

  /**
   * Builds the sessions anew after calls in flight: what to do when a RunError says that a device was lost or a
   * WebAssembly trapped. The model is read again from its source, and providers are tried again, so that
   * `runtime` may say another one. Later calls wait for it. Throws what `loadVae` throws; calls then throw
   * DisposedError until a reload succeeds.
   */
  async reload(options: CallOptions = {}): Promise<void> {
    return this.#life.reload(given("reload", options).signal);
  }

  /** Frees the sessions after the calls in flight; later ones, and those behind a reload, throw DisposedError. */
  dispose(): Promise<void> {
    return this.#life.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #decode<To extends Place>(
    where: string,
    z: Tensor,
    options: PlaceOptions<To>,
  ): Promise<Placed<To>> {
    return this.#call(where, z, options, (graphs, run) =>
      graphs.decodeTo(where, z, options.to, run),
    );
  }

  /** Runs a call on `items` that each have a label, if the model takes any. */
  async #call<T>(
    where: string,
    items: Tensor,
    options: LabelOptions,
    task: (graphs: Graphs, run: RunOptions) => Promise<T>,
  ): Promise<T> {
    const { signal, label } = given(where, options);
    const labels = oneHot(where, label, items.shape[0]!, this.manifest.condition);
    return this.#life.call(where, (graphs) => task(graphs, { signal, label: labels }), signal);
  }

  #data(where: string, x: DataInput, options: DataOptions): Tensor {
    const { resize = false } = given(where, options);
    const { data } = this.manifest;
    if (!isPictures(x)) return batch(`${where}: x`, x, data.shape, { range: data.range });
    if (this.#pictures !== undefined)
      return this.#pictures(`${where}: x`, [x].flat(), data, resize);
    throw new InputError(`${where}: x: pictures are read in browsers only; pass bytes or values.`);
  }

  #latent(where: string, z: LatentInput, count?: number): Tensor {
    return batch(where, z, [this.manifest.latent.size], { count });
  }

  /** The most items of which latent points and data both fit into an array each. */
  get #mostItems(): number {
    const { data, latent } = this.manifest;
    return mostItems(Math.max(elementCount(data.shape), latent.size));
  }
}
