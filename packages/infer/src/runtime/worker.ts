/** `@vaeport/infer/worker`: graphs run in a web worker, so that the page stays free, with the same API. */
import { runtime as platform } from "#runtime";
import { InferError } from "../errors.js";
import { createQueue } from "../queue.js";
import { RemoteClient } from "./remote-client.js";
import type {
  RemoteMessage,
  RemoteProvider,
  RemoteRequest,
  RemoteSession,
} from "./remote-messages.js";
import { serveRuntime } from "./remote-server.js";
import type { OpenProvider, Runtime, Session, Tensor } from "./types.js";

/** A web worker, or one end of a MessageChannel. */
export interface WorkerPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: PortEvent) => void): void;
  /** Begins to take messages, where a port waits for that. */
  start?(): void;
}

/** What of an event is read; `data` is a message's, `message` an error's. */
export interface PortEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly message?: string;
}

/** Call it once in the worker: runs what the page asks for. In a worker of its own, `port` is left out. */
export function serveVae(port: WorkerPort = globalThis as unknown as WorkerPort): void {
  const take = serveRuntime(platform, (message, transfer) => port.postMessage(message, transfer));
  port.addEventListener("message", ({ data }) => take(data as RemoteRequest));
  port.start?.();
}

/**
 * The runtime for `loadVae(…, { runtime })` whose sessions live in a worker that has called `serveVae`. Files are read
 * and results checked on the page. The worker stays the caller's: end it after `vae.dispose()`.
 */
export function workerRuntime(worker: WorkerPort): Runtime {
  const client = new RemoteClient({
    post: (request, transfer) => worker.postMessage(request, transfer),
  });
  worker.addEventListener("message", ({ data }) => client.receive(data as RemoteMessage));
  worker.addEventListener("error", ({ message }) => {
    client.fail(new Error(`the worker thread failed: ${message || "its script does not load"}.`));
  });
  worker.start?.();
  let providers = 0;
  let sessions = 0;
  return {
    ...platform,
    workers: false,
    async providers() {
      try {
        return await client.ask<string[]>({ providers: true });
      } catch (cause) {
        throw new InferError(
          `The web worker does not answer: ${(cause as Error).message} Its module must call serveVae().`,
          { cause },
        );
      }
    },
    async open(name, options): Promise<OpenProvider> {
      const opened = await client.ask<RemoteProvider>({ open: name, options });
      const provider = providers++;
      const lost = client.lost(provider);
      let threads: number | null = null;
      return {
        ...opened,
        queue: createQueue(),
        threads: () => threads,
        lost: () => lost,
        async createSession(model, strict): Promise<Session> {
          const made = await client.ask<RemoteSession>({ create: model, provider, strict });
          threads = made.threads;
          return remoteSession(client, sessions++, made);
        },
      };
    },
  };
}

function remoteSession(client: RemoteClient, session: number, made: RemoteSession): Session {
  return {
    ...made,
    run: (feeds: Record<string, Tensor>, fetches) =>
      client.ask<Record<string, Tensor>>({ run: session, feeds, fetches }),
    async release() {
      if (client.alive) await client.ask({ release: session });
    },
  };
}
