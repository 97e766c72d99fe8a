/** What a runtime's failure means for the sessions: told by the texts that ONNX Runtime and engines give it. */
import { InferError, RunError, type RunFailure } from "./errors.js";

/** In this order: a device that is lost also fails to allocate, and memory that ran out may end in a trap. */
const SIGNS: readonly (readonly [RunFailure, RegExp])[] = [
  [
    "device-lost",
    /device (?:is |was |has been )?(?:lost|removed|destroyed)|device_(?:lost|removed)/i,
  ],
  ["out-of-memory", /out of memory|bad_alloc|failed to allocate|allocation failed|aborted\(oom/i],
  [
    "trap",
    /^RuntimeError|aborted\(|memory access out of bounds|null function|unreachable|worker thread/i,
  ],
];

const REMEDIES: Record<RunFailure, string> = {
  "device-lost": "Call reload() for new sessions on what is left.",
  "out-of-memory": "Load with a smaller maxBatch, or call reload() if small batches fail too.",
  trap: "Call reload() for new sessions; if that fails too, start the page or process anew.",
  other: "The other calls go on; the cause says more.",
};

/** The typed error for what a graph's run threw; errors of this package are handed through. */
export function runError(graph: string, cause: unknown): InferError {
  if (cause instanceof InferError) return cause;
  // A C++ exception that WebAssembly lets out is a bare number: its address.
  const text = typeof cause === "number" ? "Aborted(C++ exception)" : String(cause);
  const reason = SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? "other";
  const what = reason === "other" ? "" : ` (${reason})`;
  const said = text.replace(/[.\s]*$/, ".");
  return new RunError(
    `${graph}: the run failed${what}: ${said} ${REMEDIES[reason]}`,
    reason,
    cause,
  );
}

/** Runs a task that a lost device would leave hanging for ever. */
export type Watch = <T>(task: () => Promise<T>) => Promise<T>;

/** Ends the tasks that run when `lost` settles, and those begun afterwards. */
export function watchLoss(lost: Promise<unknown> | undefined): Watch {
  if (lost === undefined) return (task) => task();
  const running = new Set<(error: Error) => void>();
  let error: Error | undefined;
  const end = (info: unknown) => {
    // https://www.w3.org/TR/webgpu/#gpudevicelostinfo
    const { message } = (info ?? {}) as { message?: string };
    error = new Error(`The device was lost: ${message || "no reason given"}.`);
    for (const reject of running) reject(error);
  };
  lost.then(end, end);
  return (task) =>
    new Promise((resolve, reject) => {
      if (error !== undefined) return reject(error);
      running.add(reject);
      task()
        .then(resolve, reject)
        .finally(() => running.delete(reject));
    });
}
