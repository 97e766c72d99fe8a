/** The three graphs of a model as sessions on one execution provider. */
import { ModelFileError } from "./errors.js";
import type { Posterior } from "./latent.js";
import type { GraphName, VaeManifest } from "./manifest/types.js";
import type { Queue } from "./queue.js";
import type { OpenProvider, Session, Tensor } from "./runtime/types.js";
import type { Model } from "./source.js";

type Tensors<Name extends string = string> = Record<Name, Tensor>;

/** What the decoder gives, by the check vector: the reconstruction and the likelihood's natural parameters. */
export function decoderOutputs({ check }: VaeManifest): string[] {
  const names = ["reconstruction", "logits", "data_log_variance", "data_log_scale"];
  return names.filter((name) => Object.hasOwn(check.outputs, name));
}

export class Graphs {
  readonly #sessions: Record<GraphName, Session>;
  readonly #queue: Queue;
  /** True when the provider runs every node of all three. */
  readonly wholeGraph: boolean;
  /** The decoder's outputs that the score graph takes: the likelihood's parameters. */
  readonly #parameters: readonly string[];

  private constructor(sessions: Record<GraphName, Session>, queue: Queue) {
    this.#sessions = sessions;
    this.#queue = queue;
    this.wholeGraph = Object.values(sessions).every((session) => session.wholeGraph);
    const { decoder, score } = sessions;
    this.#parameters = score.inputNames.filter((name) => decoder.outputNames.includes(name));
  }

  /** Creates the sessions one after another; when one fails, those before it are released. */
  static async create(model: Model, provider: OpenProvider, strict: boolean): Promise<Graphs> {
    const { queue } = provider;
    const sessions: Session[] = [];
    const create = async (graph: GraphName) => {
      const session = await queue(() => provider.createSession(model.graphs[graph], strict));
      sessions.push(session);
      return session;
    };
    try {
      const encoder = await create("encoder");
      const decoder = await create("decoder");
      const score = await create("score");
      checkInterface(model, { encoder, decoder, score });
      return new Graphs({ encoder, decoder, score }, queue);
    } catch (error) {
      await releaseAll(sessions, queue);
      throw error;
    }
  }

  async encode(x: Tensor): Promise<Posterior> {
    const outputs = await this.#run("encoder", { x }, ["mean", "log_variance"]);
    return { mean: outputs.mean, logVariance: outputs.log_variance };
  }

  decode<Name extends string>(z: Tensor, outputs: readonly Name[]): Promise<Tensors<Name>> {
    return this.#run("decoder", { z }, outputs);
  }

  /** The parameters of the likelihood at z, as the score graph takes them. */
  parameters(z: Tensor): Promise<Tensors> {
    return this.decode(z, this.#parameters);
  }

  /** Distortion and rate, each [n, 1], nats. */
  score(
    x: Tensor,
    { mean, logVariance }: Posterior,
    parameters: Tensors,
  ): Promise<Tensors<"distortion" | "rate">> {
    const known: Tensors = { ...parameters, x, mean, log_variance: logVariance };
    const feeds = this.#sessions.score.inputNames.map((name) => [name, known[name]!] as const);
    return this.#run("score", Object.fromEntries(feeds), ["distortion", "rate"]);
  }

  /** Releases the sessions once the calls before it have ended. */
  release(): Promise<void> {
    return releaseAll(Object.values(this.#sessions), this.#queue);
  }

  #run<Name extends string>(
    graph: GraphName,
    feeds: Tensors,
    fetches: readonly Name[],
  ): Promise<Tensors<Name>> {
    return this.#queue(() => this.#sessions[graph].run(feeds, fetches)) as Promise<Tensors<Name>>;
  }
}

/** Releases every session, even when one fails to. */
async function releaseAll(sessions: readonly Session[], queue: Queue): Promise<void> {
  const ends = await Promise.allSettled(sessions.map((session) => queue(() => session.release())));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Inputs and outputs by name, as the format gives them: a graph may have more outputs, but no other inputs. */
function checkInterface(model: Model, sessions: Record<GraphName, Session>): void {
  const { encoder, decoder, score } = sessions;
  const files = model.manifest.variants.float32;
  requireNames(files.encoder.file, "input", ["x"], encoder.inputNames);
  requireNames(files.encoder.file, "output", encoder.outputNames, ["mean", "log_variance"]);
  requireNames(files.decoder.file, "input", ["z"], decoder.inputNames);
  requireNames(files.decoder.file, "output", decoder.outputNames, decoderOutputs(model.manifest));
  const known = ["x", ...encoder.outputNames, ...decoder.outputNames];
  requireNames(files.score.file, "input", known, score.inputNames);
  requireNames(files.score.file, "output", score.outputNames, ["distortion", "rate"]);
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
