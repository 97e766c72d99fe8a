/** ONNX Runtime's own WebAssembly out of memory and trapped, and the model built anew on it. */
import { loadVae, RunError } from "@vaeport/infer";
import { wasmRuntime } from "@vaeport/infer/wasm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TINY } from "./helpers.js";

/** Items whose latents fit into the memory that WebAssembly starts with (16 MiB), and whose data does not. */
const MANY = 300_000;
/** ONNX Runtime's stack and static data lie below. */
const HEAP_START = 2 ** 21;

const { Memory } = WebAssembly;
const memories: WebAssembly.Memory[] = [];
beforeAll(() => {
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
});
afterAll(() => {
  WebAssembly.Memory = Memory;
});

const thrown = (call: Promise<unknown>) => call.catch((error: unknown) => error);

test("memory that may not grow is out-of-memory; smaller calls and reload go on", async () => {
  await using vae = await loadVae(TINY, { runtime: wasmRuntime, threads: 1 });
  const before = await vae.sample(3, { seed: 1 });
  const { grow } = Memory.prototype;
  Memory.prototype.grow = () => {
    throw new RangeError("Maximum memory size exceeded");
  };
  try {
    const error = await thrown(vae.sample(MANY, { seed: 1 }));
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ reason: "out-of-memory" });
    expect((error as Error).message).toContain("smaller maxBatch");
    expect(await vae.sample(3, { seed: 1 })).toEqual(before);
  } finally {
    Memory.prototype.grow = grow;
  }
  await vae.reload();
  expect(await vae.sample(3, { seed: 1 })).toEqual(before);
});

test("a heap in disorder is a trap; once it is in order, reload builds the sessions", async () => {
  await using vae = await loadVae(TINY, { runtime: wasmRuntime, threads: 1 });
  const before = await vae.sample(3, { seed: 1 });
  expect(memories).toHaveLength(1);
  const heap = new Uint8Array(memories[0]!.buffer);
  const sound = heap.slice();
  heap.fill(0xff, HEAP_START);
  const error = await thrown(vae.sample(3, { seed: 1 }));
  heap.set(sound);
  expect(error).toBeInstanceOf(RunError);
  expect(error).toMatchObject({ reason: "trap", cause: expect.any(WebAssembly.RuntimeError) });
  expect((error as Error).message).toContain("Call reload()");
  await vae.reload();
  expect(await vae.sample(3, { seed: 1 })).toEqual(before);
});
