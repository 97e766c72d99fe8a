/** Worker threads that share the runs of a model's CPU sessions, so that the calling thread stays free. */
import { Worker } from "node:worker_threads";
import { createQueue } from "../queue.js";
import { RemoteClient } from "./remote-client.js";
import type { RemoteMessage, RemoteSession } from "./remote-messages.js";
import type { OpenProvider, Session, SessionOptions, Tensor } from "./types.js";

const WORKER = new URL("pool-worker.js", import.meta.url);

export interface PoolSettings {
  version: string;
  workers: number;
  /** Of each worker. */
  threads: number;
  options: SessionOptions | undefined;
}

/** The cpu provider on `workers` threads, each with sessions of its own. */
export async function openPool(settings: PoolSettings): Promise<OpenProvider> {
  const { version, workers, threads, options: sessionOptions } = settings;
  const all = Array.from({ length: workers }, startThread);
  const idle = [...all];
  let created = 0;
  const close = async () => {
    await Promise.all(all.map((thread) => thread.end()));
  };
  const options = { threads, automatic: false, sessionOptions };
  try {
    await Promise.all(all.map(({ client }) => client.ask({ open: "cpu", options })));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    version,
    adapter: null,
    // As many tasks as workers, so that there is an idle one whenever a task starts.
    queue: createQueue(workers),
    threads: () => threads,
    close,
    async createSession(model, strict): Promise<Session> {
      const session = created++;
      const [made] = await Promise.all(
        all.map(({ client }) => client.ask<RemoteSession>({ create: model, provider: 0, strict })),
      );
      return {
        ...made!,
        async run(feeds: Record<string, Tensor>, fetches) {
          const thread = idle.shift()!;
          try {
            return await thread.client.ask<Record<string, Tensor>>({
              run: session,
              feeds,
              fetches,
            });
          } finally {
            idle.push(thread);
          }
        },
        async release() {
          const alive = all.filter(({ client }) => client.alive);
          await Promise.all(alive.map(({ client }) => client.ask({ release: session })));
        },
      };
    },
  };
}

interface PoolThread {
  client: RemoteClient;
  end(): Promise<void>;
}

/** A worker thread, which keeps the process alive only while it owes an answer. */
function startThread(): PoolThread {
  // The flags of a program given as text (`node -e`) would be refused.
  const worker = new Worker(WORKER, { execArgv: [] });
  worker.unref();
  const client = new RemoteClient({
    post: (request, transfer) => worker.postMessage(request, transfer),
    busy: (busy) => (busy ? worker.ref() : worker.unref()),
  });
  worker.on("message", (message: RemoteMessage) => client.receive(message));
  worker.on("error", (cause) => {
    client.fail(new Error(`a worker thread failed: ${cause.message}`, { cause }));
  });
  worker.on("exit", (status) => {
    client.fail(new Error(`a worker thread ended with status ${status}.`));
  });
  return {
    client,
    async end() {
      // A thread that is ended inside of native code takes the process with it.
      await client.idle();
      client.fail(new Error("the worker thread was ended."));
      await worker.terminate();
    },
  };
}
