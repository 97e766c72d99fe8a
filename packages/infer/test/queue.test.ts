import { expect, test } from "vitest";
import { createQueue, sharedQueue } from "../src/queue.js";

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
