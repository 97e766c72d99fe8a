/** Queues that run asynchronous tasks in order, a few at a time or one by one. */

/** Runs a task when its turn comes. A failed task rejects for its own caller only. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

/** A queue that runs at most `slots` tasks at once, started in order. */
export function createQueue(slots = 1): Queue {
  let free = slots;
  const waiting: (() => void)[] = [];
  let first = 0;
  // Not `shift()`, which moves all that wait.
  const next = () => {
    const start = waiting[first++];
    if (2 * first > waiting.length) {
      waiting.splice(0, first);
      first = 0;
    }
    return start;
  };
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((start) => waiting.push(start));
    try {
      return await task();
    } finally {
      const start = next();
      if (start === undefined) free++;
      else start();
    }
  };
}

/** A queue whose tasks may be given up by the signal that they come with. */
export type AbortableQueue = <T>(
  task: () => Promise<T>,
  signal: AbortSignal | undefined,
) => Promise<T>;

/** What waits with a signal, of all queues, until it is up or nothing waits any more. */
const waiting = new Map<AbortSignal, Set<(reason: unknown) => void>>();

function abort({ target }: { target: unknown }): void {
  const signal = target as AbortSignal;
  for (const reject of waiting.get(signal) ?? []) reject(signal.reason);
  waiting.delete(signal); // some tasks never end
}

/**
 * Lets the tasks of a queue be given up: on abort their promises reject at once with the signal's reason. A task that
 * has not started never does; one that runs keeps its place in the queue to its end. A signal gets one listener,
 * however many tasks and queues it comes with, since Node warns of more than ten.
 */
export function abortable(queue: Queue): AbortableQueue {
  const untilAborted = async <T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted();
    const rejects = waiting.get(signal) ?? new Set();
    waiting.set(signal, rejects);
    signal.addEventListener("abort", abort); // which it takes once
    return new Promise((resolve, reject) => {
      rejects.add(reject);
      const started = async () => {
        signal.throwIfAborted();
        return task();
      };
      const end = () => {
        rejects.delete(reject);
        if (rejects.size > 0) return;
        signal.removeEventListener("abort", abort);
        waiting.delete(signal);
      };
      queue(started).then(resolve, reject).finally(end);
    });
  };
  return (task, signal) => (signal === undefined ? queue(task) : untilAborted(task, signal));
}

/** Runs a task, which may be given up as those of a queue. */
export const unlessAborted: AbortableQueue = abortable((run) => run());

const SHARED = Symbol.for("@vaeport/infer/queue/1");

/**
 * The one queue of this page, worker or process. Overlapping runs on WebGPU hang or corrupt each other, across
 * sessions and across copies of this package, so the queue lives on `globalThis`: the only state outside a model that
 * outlasts its calls.
 */
export function sharedQueue(): Queue {
  const holder = globalThis as { [SHARED]?: Queue };
  holder[SHARED] ??= createQueue();
  return holder[SHARED];
}
