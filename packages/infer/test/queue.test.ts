import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { abortable, createQueue, sharedQueue, unlessAborted } from "../src/queue.js";

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

test("tasks run one at a time, in order", async () => {
  const queue = createQueue();
  const events: string[] = [];
  const task = (name: string) => async () => {
    events.push(`${name} begins`);
    await pause();
    events.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all(["a", "b", "c"].map((name) => queue(task(name))));
  expect(results).toEqual(["a", "b", "c"]);
  expect(events).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("a task that fails, at once or later, rejects for its caller alone", async () => {
  const queue = createQueue();
  const thrown = queue(() => {
    throw new Error("at once");
  });
  const rejected = queue(async () => {
    await pause();
    throw new Error("later");
  });
  const after = queue(async () => "well");
  await expect(thrown).rejects.toThrow("at once");
  await expect(rejected).rejects.toThrow("later");
  await expect(after).resolves.toBe("well");
});

test("a hundred thousand tasks that wait take no longer each than a few", async () => {
  const queue = createQueue();
  const order: number[] = [];
  const tasks = Array.from({ length: 1e5 }, (_, i) => queue(async () => order.push(i)));
  await Promise.all(tasks);
  expect(order).toEqual(tasks.map((_, i) => i));
});

test("a task may queue another without waiting for it", async () => {
  const queue = createQueue();
  const inner = await queue(async () => ({ result: queue(async () => 1) }));
  await expect(inner.result).resolves.toBe(1);
});

test("every copy of the package on a page shares one queue", async () => {
  const copy = (await import(`${new URL("../dist/queue.js", import.meta.url)}`)) as {
    sharedQueue: typeof sharedQueue;
  };
  expect(copy.sharedQueue).not.toBe(sharedQueue);
  expect(copy.sharedQueue()).toBe(sharedQueue());
});

test("a queue of several slots runs so many tasks at once, and starts them in order", async () => {
  const queue = createQueue(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const task = (index: number) => async () => {
    started.push(index);
    most = Math.max(most, ++running);
    await pause();
    running--;
  };
  await Promise.all([0, 1, 2, 3, 4].map((index) => queue(task(index))));
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
});

test("a signal gets one listener, however many tasks it comes with, and none when they are done", async () => {
  const { signal } = new AbortController();
  const queue = abortable(createQueue());
  const tasks = Array.from({ length: 20 }, () => queue(pause, signal));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await Promise.all(tasks);
  await pause();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("a signal gets one listener, however many queues it comes to", async () => {
  const abort = new AbortController();
  const never = () => new Promise(() => {});
  const queues = Array.from({ length: 20 }, () => abortable(createQueue()));
  const waits = [...queues, unlessAborted].map((queue) => queue(never, abort.signal));
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  abort.abort(new Error("the user left"));
  for (const wait of waits) await expect(wait).rejects.toThrow("the user left");
});
