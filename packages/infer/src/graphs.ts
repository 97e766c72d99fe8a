/** The three graphs of a model as sessions on one execution provider. */
import { ModelFileError } from "./errors.js";
import { marginalLogVariance, type Posterior } from "./latent.js";
import type { GraphName, VaeManifest } from "./manifest/types.js";
import { type AbortableQueue, abortable, type Queue } from "./queue.js";
import { runError, type Watch, watchLoss } from "./run-failure.js";
import type { OpenProvider, Session, Tensor } from "./runtime/types.js";
import type { Model } from "./source.js";

type Tensors<Name extends string = string> = Record<Name, Tensor>;

/** What a call says to every graph it runs. */
export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** One-hot labels, [n, classes]. */
  label?: Tensor | undefined;
}

/** What the decoder gives, by the check vector: the reconstruction and the likelihood's natural parameters. */
export function decoderOutputs({ check }: VaeManifest): string[] {
  const names = ["reconstruction", "logits", "data_log_variance", "data_log_scale"];
  return names.filter((name) => Object.hasOwn(check.outputs, name));
}

/** The encoder's outputs: the mean, and the spread as the model's posterior has it. */
function encoderOutputs({ latent }: VaeManifest): string[] {
  return ["mean", latent.posterior === "full" ? "scale_tril" : "log_variance"];
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
    z: Tensor,
    outputs: readonly Name[],
    options: RunOptions = {},
  ): Promise<Tensors<Name>> {
    return this.#run("decoder", { z }, outputs, options);
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
    values: Tensors,
    fetches: readonly Name[],
    { signal, label }: RunOptions,
  ): Promise<Tensors<Name>> {
    const session = this.#sessions[graph];
    const known: Tensors = label === undefined ? values : { ...values, label };
    const feeds = Object.fromEntries(session.inputNames.map((name) => [name, known[name]!]));
    const items = Object.values(feeds)[0]!.shape[0]!;
    const run = async (part: Tensors) => {
      try {
        return (await this.#watch(() => session.run(part, fetches))) as Tensors<Name>;
      } catch (error) {
        throw runError(graph, error);
      }
    };
    const parts: Promise<Tensors<Name>>[] = [];
    for (let start = 0; start < items; start += this.#maxBatch) {
      const part = items > this.#maxBatch ? slice(feeds, start, this.#maxBatch) : feeds;
      parts.push(this.#queue(() => run(part), signal));
    }
    return parts.length === 1 ? parts[0]! : join(await Promise.all(parts), fetches);
  }
}

/** At most `count` items of every tensor from item `start` on, as views. */
function slice(tensors: Tensors, start: number, count: number): Tensors {
  const parts = Object.entries(tensors).map(([name, { data, shape }]) => {
    const [items, ...item] = shape as [number, ...number[]];
    const size = data.length / items;
    const part = data.subarray(start * size, (start + count) * size);
    const tensor: Tensor = { data: part, shape: [part.length / size, ...item] };
    return [name, tensor] as const;
  });
  return Object.fromEntries(parts);
}

/** The items of all parts, in order. */
function join<Name extends string>(
  parts: readonly Tensors<Name>[],
  names: readonly Name[],
): Tensors<Name> {
  const joined = names.map((name) => {
    const tensors = parts.map((part) => part[name]);
    const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
    let items = 0;
    let offset = 0;
    for (const tensor of tensors) {
      data.set(tensor.data, offset);
      offset += tensor.data.length;
      items += tensor.shape[0]!;
    }
    const tensor: Tensor = { data, shape: [items, ...tensors[0]!.shape.slice(1)] };
    return [name, tensor] as const;
  });
  return Object.fromEntries(joined) as Tensors<Name>;
}

/** Releases every session and then the provider, even when one fails to. */
async function releaseAll(sessions: readonly Session[], provider: OpenProvider): Promise<void> {
  const queue: Queue = provider.queue;
  const ends = await Promise.allSettled(sessions.map((session) => queue(() => session.release())));
  await provider.close?.();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Inputs and outputs by name, as the format gives them: a graph may have more outputs, but no other inputs. */
function checkInterface({ manifest, variant }: Model, sessions: Record<GraphName, Session>): void {
  const { encoder, decoder, score } = sessions;
  const label = manifest.condition === undefined ? [] : ["label"];
  requireNames(variant.encoder.file, "input", ["x", ...label], encoder.inputNames);
  requireNames(variant.encoder.file, "output", encoder.outputNames, encoderOutputs(manifest));
  requireNames(variant.decoder.file, "input", ["z", ...label], decoder.inputNames);
  requireNames(variant.decoder.file, "output", decoder.outputNames, decoderOutputs(manifest));
  const known = ["x", ...encoder.outputNames, ...decoder.outputNames];
  requireNames(variant.score.file, "input", known, score.inputNames);
  requireNames(variant.score.file, "output", score.outputNames, ["distortion", "rate"]);
}

function requireNames(
  file: string,
  kind: "input" | "output",
  available: readonly string[],
  needed: readonly string[],
): void {
  const missing = needed.filter((name) => !available.includes(name));
  if (missing.length === 0) return;
  throw new ModelFileError(
    file,
    `the ${kind} ${missing.join(", ")} does not fit the format, which knows ${available.join(", ")}. Export the model again.`,
  );
}
