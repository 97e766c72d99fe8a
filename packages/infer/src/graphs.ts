/** The three graphs of a model as sessions on one execution provider. */

import { join, slice, type Tensors } from "./batches.js";
import { InputError } from "./errors.js";
import { checkInterface, encoderOutputs } from "./graph-names.js";
import { shown } from "./input.js";
import { marginalLogVariance, type Posterior } from "./latent.js";
import type { GraphName } from "./manifest/types.js";
import type { Place, Placed } from "./options.js";
import { type AbortableQueue, abortable, type Queue } from "./queue.js";
import { runError, type Watch, watchLoss } from "./run-failure.js";
import type { Feeds, GpuTensor, OpenProvider, Session, Tensor } from "./runtime/types.js";
import type { Model } from "./source.js";

/** What a call says to every graph it runs. */
export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** One-hot labels, [n, classes]. */
  label?: Tensor | undefined;
}

/** A posterior out of the encoder's outputs, by their names. */
export function posteriorOf({ mean, log_variance, scale_tril }: Tensors): Posterior {
  if (scale_tril === undefined) return { mean: mean!, logVariance: log_variance! };
  return { mean: mean!, logVariance: marginalLogVariance(scale_tril), scaleTril: scale_tril };
}

export class Graphs {
  readonly #sessions: Record<GraphName, Session>;
  readonly #provider: OpenProvider;
  readonly #queue: AbortableQueue;
  readonly #maxBatch: number;
  readonly #watch: Watch;
  /** True when the provider runs every node of all three. */
  readonly wholeGraph: boolean;
  readonly #encoded: readonly string[];
  /** The decoder's outputs that the score graph takes: the likelihood's parameters. */
  readonly #parameters: readonly string[];

  private constructor(
    model: Model,
    sessions: Record<GraphName, Session>,
    provider: OpenProvider,
    maxBatch: number,
  ) {
    this.#sessions = sessions;
    this.#provider = provider;
    this.#queue = abortable(provider.queue);
    this.#maxBatch = maxBatch;
    this.#watch = watchLoss(provider.lost?.());
    this.wholeGraph = Object.values(sessions).every((session) => session.wholeGraph);
    this.#encoded = encoderOutputs(model.manifest);
    const { decoder, score } = sessions;
    this.#parameters = score.inputNames.filter((name) => decoder.outputNames.includes(name));
  }

  /** Creates the sessions one after another; when one fails, those before it are released. */
  static async create(
    model: Model,
    provider: OpenProvider,
    {
      strict,
      maxBatch,
      signal,
    }: { strict: boolean; maxBatch: number; signal: AbortSignal | undefined },
  ): Promise<Graphs> {
    const sessions: Session[] = [];
    const create = async (graph: GraphName) => {
      signal?.throwIfAborted();
      const session = await provider.queue(() =>
        provider.createSession(model.graphs[graph], strict),
      );
      sessions.push(session);
      return session;
    };
    try {
      const encoder = await create("encoder");
      const decoder = await create("decoder");
      const score = await create("score");
      checkInterface(model, { encoder, decoder, score });
      return new Graphs(model, { encoder, decoder, score }, provider, maxBatch);
    } catch (error) {
      await releaseAll(sessions, provider);
      throw error;
    }
  }

  async encode(x: Tensor, options: RunOptions = {}): Promise<Posterior> {
    return posteriorOf(await this.#run("encoder", { x }, this.#encoded, options));
  }

  decode<Name extends string>(
    z: Tensor | GpuTensor,
    outputs: readonly Name[],
    options: RunOptions = {},
  ): Promise<Tensors<Name>> {
    return this.#run("decoder", { z }, outputs, options);
  }

  /** The likelihood's mean at z, at its place; on the GPU an InputError where results cannot stay there. */
  async decodeTo<To extends Place>(
    where: string,
    z: Tensor | GpuTensor,
    to: To | undefined,
    options: RunOptions,
  ): Promise<Placed<To>> {
    if (to === undefined || to === "cpu") {
      return (await this.decode(z, ["reconstruction"], options)).reconstruction as Placed<To>;
    }
    if (to === "gpu") return (await this.#decodeOnGpu(where, z, options)) as Placed<To>;
    throw new InputError(`${where}: to: expected "cpu" or "gpu"; got ${shown(to)}.`);
  }

  async #decodeOnGpu(
    where: string,
    z: Tensor | GpuTensor,
    options: RunOptions,
  ): Promise<GpuTensor> {
    const items = z.shape[0]!;
    if (this.#sessions.decoder.runOnGpu === undefined) {
      throw new InputError(
        `${where}: to: results stay on the GPU with provider webgpu, on the page or worker that draws. Leave \`to\` out.`,
      );
    }
    if (items > this.#maxBatch) {
      throw new InputError(
        `${where}: to: results on the GPU are not run in parts; expected ${this.#maxBatch} items at most (maxBatch), got ${items}.`,
      );
    }
    return (await this.#runOnGpu("decoder", { z }, ["reconstruction"], options)).reconstruction;
  }

  /** Calls back with the posterior's mean, which stays on the GPU where it can. */
  async withMean<T>(
    x: Tensor,
    options: RunOptions,
    use: (mean: Tensor | GpuTensor) => Promise<T>,
  ): Promise<T> {
    const { runOnGpu } = this.#sessions.encoder;
    if (runOnGpu === undefined || x.shape[0]! > this.#maxBatch) {
      return use((await this.#run("encoder", { x }, ["mean"], options)).mean);
    }
    const { mean } = await this.#runOnGpu("encoder", { x }, ["mean"], options);
    try {
      return await use(mean);
    } finally {
      // In its turn: a call that was given up may still be reading it.
      void this.#queue(async () => mean.dispose(), undefined);
    }
  }

  /** The parameters of the likelihood at z, as the score graph takes them. */
  parameters(z: Tensor, options: RunOptions = {}): Promise<Tensors> {
    return this.decode(z, this.#parameters, options);
  }

  /** Distortion and rate, each [n, 1], nats. */
  score(
    x: Tensor,
    posterior: Posterior,
    parameters: Tensors,
    options: RunOptions = {},
  ): Promise<Tensors<"distortion" | "rate">> {
    const { mean, logVariance: log_variance, scaleTril: scale_tril } = posterior;
    const known = { ...parameters, x, mean, log_variance, ...(scale_tril && { scale_tril }) };
    return this.#run("score", known, ["distortion", "rate"], options);
  }

  /** Releases the sessions once the runs before it have ended. */
  release(): Promise<void> {
    return releaseAll(Object.values(this.#sessions), this.#provider);
  }

  /** Runs a graph on those of the values that it takes, in parts of at most `maxBatch` items. */
  async #run<Name extends string>(
    graph: GraphName,
    values: Feeds,
    fetches: readonly Name[],
    { signal, label }: RunOptions,
  ): Promise<Tensors<Name>> {
    const session = this.#sessions[graph];
    const feeds = feedsOf(session, values, label);
    const items = Object.values(feeds)[0]!.shape[0]!;
    const run = (part: Feeds) =>
      this.#attempt(graph, () => session.run(part, fetches) as Promise<Tensors<Name>>);
    if (items <= this.#maxBatch) return this.#queue(() => run(feeds), signal);
    const parts: Promise<Tensors<Name>>[] = [];
    let failure: unknown;
    for (let start = 0; start < items; start += this.#maxBatch) {
      // What is on the GPU is never of more than `maxBatch` items.
      const part = slice(feeds as Tensors, start, this.#maxBatch);
      const task = async () => {
        if (failure) throw failure; // of a part before it: nobody waits for this one
        return run(part).catch((error) => {
          failure = error;
          throw error;
        });
      };
      parts.push(this.#queue(task, signal));
    }
    return join(await Promise.all(parts), fetches);
  }

  /** Runs a graph whose session has `runOnGpu`, on at most `maxBatch` items. */
  #runOnGpu<Name extends string>(
    graph: GraphName,
    values: Feeds,
    fetches: readonly Name[],
    { signal, label }: RunOptions,
  ): Promise<Record<Name, GpuTensor>> {
    const session = this.#sessions[graph];
    const feeds = feedsOf(session, values, label);
    return this.#queue(async () => {
      const outputs = await this.#attempt(graph, () => session.runOnGpu!(feeds, fetches));
      // A call that was given up has nobody to free its results.
      if (signal?.aborted) for (const output of Object.values(outputs)) output.dispose();
      return outputs as Record<Name, GpuTensor>;
    }, signal);
  }

  /** A run, whose failure is a RunError. */
  async #attempt<T>(graph: GraphName, run: () => Promise<T>): Promise<T> {
    try {
      return await this.#watch(run);
    } catch (error) {
      throw runError(graph, error);
    }
  }
}

/** Those of the values that a graph takes. */
function feedsOf(session: Session, values: Feeds, label: Tensor | undefined): Feeds {
  const feeds: Feeds = {};
  for (const name of session.inputNames) feeds[name] = name === "label" ? label! : values[name]!;
  return feeds;
}

/** Releases every session and then the provider, even when one fails to. */
async function releaseAll(sessions: readonly Session[], provider: OpenProvider): Promise<void> {
  const queue: Queue = provider.queue;
  const ends = await Promise.allSettled(sessions.map((session) => queue(() => session.release())));
  await provider.close?.();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
