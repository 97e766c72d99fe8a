/** Queues that run asynchronous tasks one at a time, in order. */

/** Runs a task when all before it have settled. A failed task rejects for its own caller only. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

export function createQueue(): Queue {
  let tail: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = tail.then(task);
    tail = result.catch(() => undefined);
    return result;
  };
}

const SHARED = Symbol.for("@vaeport/infer/queue/1");

/**
 * The one queue of this page, worker or process. Overlapping runs on WebGPU hang or corrupt each other, across
 * sessions and across copies of this package, so the queue lives on `globalThis`: the only state outside a model.
 */
export function sharedQueue(): Queue {
  const holder = globalThis as { [SHARED]?: Queue };
  holder[SHARED] ??= createQueue();
  return holder[SHARED];
}
