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
  const queue = createQueue();
  const providers: OpenProvider[] = [];
  /** Providers whose loss is watched already. */
  const watched = new Set<number>();
  const sessions: { session: Session; provider: OpenProvider }[] = [];

  const watch = (index: number, lost: Promise<unknown> | undefined) => {
    if (lost === undefined || watched.has(index)) return;
    watched.add(index);
    const tell = (info: unknown) => {
      const { message = "" } = (info ?? {}) as { message?: string };
      post({ lost: index, message }, []);
    };
    lost.then(tell, tell);
  };

  const create = async (model: Uint8Array, index: number, strict: boolean) => {
    const provider = providers[index]!;
    const session = await provider.queue(() => provider.createSession(model, strict));
    sessions.push({ session, provider });
    watch(index, provider.lost?.());
    const { inputNames, outputNames, wholeGraph } = session;
    const threads = provider.threads();
    return { inputNames, outputNames, wholeGraph, threads } satisfies RemoteSession;
  };

  const answer = async (request: RemoteRequest): Promise<unknown> => {
    if ("providers" in request) return runtime.providers();
    if ("open" in request) {
      const provider = await runtime.open(request.open, request.options);
      providers.push(provider);
      const { version, adapter } = provider;
      return { version, adapter } satisfies RemoteProvider;
    }
    if ("create" in request) return create(request.create, request.provider, request.strict);
    const { session, provider } = sessions["run" in request ? request.run : request.release]!;
    if ("release" in request) return provider.queue(() => session.release());
    return provider.queue(() => session.run(request.feeds, request.fetches));
  };

  return (request) => {
    queue(() => answer(request)).then(
      (value) => post({ value }, "run" in request ? buffers(value) : []),
      (error: unknown) => post({ error: takeApart(error) }, []),
    );
  };
}

/** The buffers of a run's outputs, which own them. */
function buffers(outputs: unknown): ArrayBuffer[] {
  const tensors = Object.values(outputs as Record<string, Tensor>);
  return tensors.map(({ data }) => data.buffer as ArrayBuffer);
}
