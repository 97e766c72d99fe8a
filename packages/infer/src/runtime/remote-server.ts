/** The worker's side: opens providers, creates sessions and runs them, one request after another. */
import { createQueue } from "../queue.js";
import {
  type RemoteMessage,
  type RemoteProvider,
  type RemoteRequest,
  type RemoteSession,
  takeApart,
} from "./remote-messages.js";
import type { OpenProvider, Runtime, Session, Tensor } from "./types.js";

export type Post = (message: RemoteMessage, transfer: ArrayBuffer[]) => void;

/** Gives the function that takes each request; answers go to `post`. */
export function serveRuntime(runtime: Runtime, post: Post): (request: RemoteRequest) => void {
  const server = new RemoteServer(runtime, post);
  const queue = createQueue();
  return (request) => {
    queue(() => server.answer(request)).then(
      (value) => post({ value }, "run" in request ? buffers(value) : []),
      (error: unknown) => post({ error: takeApart(error) }, []),
    );
  };
}

class RemoteServer {
  readonly #runtime: Runtime;
  readonly #post: Post;
  readonly #providers: OpenProvider[] = [];
  /** Providers whose loss is watched already. */
  readonly #watched = new Set<number>();
  readonly #sessions: { session: Session; provider: OpenProvider }[] = [];

  constructor(runtime: Runtime, post: Post) {
    this.#runtime = runtime;
    this.#post = post;
  }

  async answer(request: RemoteRequest): Promise<unknown> {
    if ("providers" in request) return this.#runtime.providers();
    if ("open" in request) {
      const provider = await this.#runtime.open(request.open, request.options);
      this.#providers.push(provider);
      const { version, adapter } = provider;
      return { version, adapter } satisfies RemoteProvider;
    }
    if ("create" in request) return this.#create(request.create, request.provider, request.strict);
    const { session, provider } = this.#sessions["run" in request ? request.run : request.release]!;
    if ("release" in request) return provider.queue(() => session.release());
    return provider.queue(() => session.run(request.feeds, request.fetches));
  }

  async #create(model: Uint8Array, index: number, strict: boolean): Promise<RemoteSession> {
    const provider = this.#providers[index]!;
    const session = await provider.queue(() => provider.createSession(model, strict));
    this.#sessions.push({ session, provider });
    this.#watch(index, provider);
    const { inputNames, outputNames, wholeGraph } = session;
    return { inputNames, outputNames, wholeGraph, threads: provider.threads() };
  }

  #watch(index: number, provider: OpenProvider): void {
    const lost = provider.lost?.();
    if (lost === undefined || this.#watched.has(index)) return;
    this.#watched.add(index);
    const tell = (info: unknown) => {
      const { message = "" } = (info ?? {}) as { message?: string };
      this.#post({ lost: index, message }, []);
    };
    lost.then(tell, tell);
  }
}

/** The buffers of a run's outputs, which own them. */
function buffers(outputs: unknown): ArrayBuffer[] {
  const tensors = Object.values(outputs as Record<string, Tensor>);
  return tensors.map(({ data }) => data.buffer as ArrayBuffer);
}
