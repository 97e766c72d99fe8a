/** Threads of WebAssembly that end as they start, for which ONNX Runtime would wait for ever. */
import { InferError } from "../errors.js";

interface Thread {
  addEventListener(
    type: "error",
    listener: (event: { message?: string; filename?: string }) => void,
  ): void;
}

type WorkerClass = new (url: unknown, options?: { name?: string }) => Thread;

/** What Emscripten names its threads. */
const NAME = "em-pthread";

/**
 * Runs a task that may start threads, until one of them fails. Nothing tells of that but the thread itself, so the
 * page's `Worker` is another while the task runs: one that listens to Emscripten's.
 */
export async function watchThreads<T>(task: () => Promise<T>): Promise<T> {
  const page = globalThis as { Worker?: WorkerClass };
  const { Worker } = page;
  if (Worker === undefined) return task();
  let fail: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const Watched = new Proxy(Worker, {
    construct(target, [url, options]: ConstructorParameters<WorkerClass>) {
      const worker = new target(url, options);
      if (options?.name === NAME) worker.addEventListener("error", (e) => fail(explain(e)));
      return worker;
    },
  });
  page.Worker = Watched;
  try {
    return await Promise.race([task(), failure]);
  } finally {
    if (page.Worker === Watched) page.Worker = Worker;
  }
}

function explain({ message, filename }: { message?: string; filename?: string }): InferError {
  return new InferError(
    `A thread of onnxruntime-web ended as it started: ${message} (${filename}). Where a bundler has the file of ONNX ` +
      "Runtime import the app's, threads run the app. Serve onnxruntime-web's dist folder and pass its URL as " +
      "`wasmPaths`, or pass `threads: 1`, and reload the page.",
  );
}
