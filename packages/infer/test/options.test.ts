/** Options as JavaScript may give them: of another type than TypeScript would let through. */
import { availableParallelism } from "node:os";
import {
  InferError,
  InputError,
  type LoadOptions,
  loadVae,
  UnknownProviderError,
  type Vae,
} from "@vaeport/infer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtime as node } from "../src/runtime/node.js";
import { expected, TINY } from "./helpers.js";

const { z } = expected() as { z: { data: Float32Array; shape: number[] } };

/** What a call throws, at once or later. */
function thrownBy(call: () => unknown): Promise<unknown> {
  return Promise.resolve()
    .then(call)
    .catch((reason: unknown) => reason);
}

test.each([5, {}, [5], ["cpu", null], null, [undefined, "cpu"], []])(
  "the provider %j is unknown",
  async (provider) => {
    const load = loadVae(TINY, { provider: provider as never });
    await expect(load).rejects.toThrow(UnknownProviderError);
  },
);

test("a number is told from its text", async () => {
  const load = loadVae(TINY, { workers: "2" as never });
  await expect(load).rejects.toThrow(
    'workers: expected a whole number from 1 to 2147483647; got "2".',
  );
});

test.each(["cpu", "auto"])(
  "more workers than a machine holds are refused (%s)",
  async (provider) => {
    const most = 16 * availableParallelism();
    const load = loadVae(TINY, { workers: 1e6, provider });
    await expect(load).rejects.toThrow(InputError);
    await expect(load).rejects.toThrow(
      `loadVae: workers: expected a whole number from 1 to ${most}; got 1000000.`,
    );
  },
);

test.each([
  [{ threads: 1000 }, "loadVae: threads: expected a whole number from 1 to 256; got 1000."],
  [{ timeout: 2 ** 31 }, "loadVae: timeout: expected a whole number from 1 to 2147483647;"],
])("what no machine or timer takes is refused: %j", async (options, message) => {
  const load = loadVae(TINY, options);
  await expect(load).rejects.toThrow(InputError);
  await expect(load).rejects.toThrow(message);
});

test("a URL that is none is a SourceError", () => {
  expect(() => node.resolve("https://")).toThrow("https://: expected a URL.");
});

test("a misspelt option of a load is told, with those there are", async () => {
  const load = loadVae(TINY, { provder: "cpu" } as never);
  await expect(load).rejects.toThrow(InputError);
  await expect(load).rejects.toThrow(
    "loadVae: provder: expected an option out of signal, provider, strict, threads, verify,",
  );
});

test.each([[{ ["__proto__"]: 1 }], [{ toString: 1 }], [{ constructor: 1 }]])(
  "a name of every object's is no option (%#)",
  async (options) => {
    await expect(loadVae(TINY, options as never)).rejects.toThrow(
      /^loadVae: (?:__proto__|toString|constructor): expected an option out of signal, /,
    );
  },
);

test("every option of a load is known", async () => {
  const options: Record<keyof LoadOptions, unknown> = {
    provider: "cpu",
    strict: true,
    threads: 1,
    verify: true,
    precision: "float32",
    maxBatch: 2,
    workers: undefined,
    sessionOptions: {},
    wasmPaths: "/",
    signal: new AbortController().signal,
    runtime: node,
    onProgress: () => {},
    cache: false,
    timeout: 1000,
  };
  await using vae = await loadVae(TINY, options as LoadOptions);
  expect(vae.runtime.chosen).toBe("cpu");
});

test.each<[unknown, string]>([
  [null, "loadVae: options: expected an object"],
  ["cpu", "loadVae: options: expected an object"],
  [{ signal: null }, "loadVae: signal: expected that of an AbortController; got null."],
  [{ runtime: "wasm" }, 'got "wasm". import { wasmRuntime } from "@vaeport/infer/wasm"'],
  [{ signal: { throwIfAborted() {} } }, "loadVae: signal: expected that of an AbortController;"],
  [{ onProgress: 5 }, "loadVae: onProgress: expected a function; got 5."],
  [{ strict: "false" }, 'loadVae: strict: expected a boolean; got "false".'],
  [{ verify: null }, "loadVae: verify: expected a boolean; got null."],
  [{ sessionOptions: "fast" }, 'loadVae: sessionOptions: expected an object; got "fast".'],
  [{ wasmPaths: 3, provider: "cpu" }, "loadVae: wasmPaths: expected a string; got 3."],
  [{ runtime: null }, "loadVae: runtime: expected a Runtime, such as wasmRuntime; got null."],
])("the options %j are refused", async (options, message) => {
  const load = loadVae(TINY, options as never);
  await expect(load).rejects.toThrow(InputError);
  await expect(load).rejects.toThrow(message);
});

test.each<[string, object]>([
  ["provider", { provider: 1n }],
  ["precision", { precision: 1n }],
  ["precision", { precision: Object.create(null) }],
  ["threads", { threads: Object.create(null) }],
])("what has no text is refused by its name too: %s (%#)", async (name, options) => {
  await expect(loadVae(TINY, options as never)).rejects.toThrow(InferError);
  await expect(loadVae(TINY, options as never)).rejects.toThrow(name);
});

describe("calls", () => {
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(TINY, { provider: "cpu" });
  });
  afterAll(() => vae.dispose());

  const x = new Float32Array(12);
  const point = z.data.slice(0, 2);
  const posterior = { mean: z, logVariance: z };
  const vast = { data: z.data.map(() => 3000), shape: z.shape };
  const none = null as never;

  test.each<[string, (vae: Vae) => unknown]>([
    ["encode", (vae) => vae.encode(x, none)],
    ["decode", (vae) => vae.decode(point, none)],
    ["decodeParameters", (vae) => vae.decodeParameters(point, none)],
    ["sampleLatent", (vae) => vae.sampleLatent(posterior, none)],
    ["reconstruct", (vae) => vae.reconstruct(x, none)],
    ["sample", (vae) => vae.sample(1, none)],
    ["interpolate", (vae) => vae.interpolate(point, point, none)],
    ["traverse", (vae) => vae.traverse(point, none)],
    ["score", (vae) => vae.score(x, none)],
    ["warmup", (vae) => vae.warmup(1, none)],
    ["reload", (vae) => vae.reload(none)],
  ])("%s refuses null for its options", async (name, call) => {
    const error = await thrownBy(() => call(vae));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(`${name}: options: expected an object`);
  });

  test.each<[string, (vae: Vae) => unknown, string]>([
    [
      "a signal that is none",
      (vae) => vae.encode(x, { signal: none }),
      "encode: signal: expected that of an AbortController; got null. Leave it out.",
    ],
    [
      "no posterior",
      (vae) => vae.sampleLatent(undefined as never, { seed: 1 }),
      "sampleLatent: mean: expected n * 2 values in a Float32Array",
    ],
    [
      "a range that is null",
      (vae) => vae.traverse(point, { dimension: 0, steps: 2, range: none }),
      "traverse: range: expected a number from -3.4028234663852886e+38 to 3.4028234663852886e+38; got undefined.",
    ],
    [
      "a range that is a number",
      (vae) => vae.traverse(z.data.slice(0, 2), { dimension: 0, steps: 2, range: 5 as never }),
      "traverse: range: expected a number from -3.4028234663852886e+38 to 3.4028234663852886e+38; got undefined.",
    ],
    [
      "a range beyond float32",
      (vae) => vae.traverse(point, { dimension: 0, steps: 2, range: [0, 1e300] }),
      "traverse: range: expected a number from -3.4028234663852886e+38 to 3.4028234663852886e+38; got 1e+300.",
    ],
    [
      "a shape without a text",
      (vae) => vae.encode({ data: x, shape: Object.create(null) }),
      "encode: x: expected n * 12 values in a Float32Array or Uint8Array, or a tensor of shape [n, 4, 3, 1]; got shape [[object Object]] with 12 values.",
    ],
    [
      "a shape of what has no text",
      (vae) => vae.encode({ data: x, shape: [Symbol("n"), Object.create(null)] as never }),
      "got shape [Symbol(n),[object Object]] with 12 values.",
    ],
    [
      "a number that has no JSON for a path",
      (vae) => vae.interpolate(point, point, { steps: 2, path: 1n as never }),
      'interpolate: path: expected "linear" or "spherical"; got 1.',
    ],
    [
      "a place without a text",
      (vae) => vae.decode(point, { to: Object.create(null) }),
      'decode: to: expected "cpu" or "gpu"; got [object Object].',
    ],
    [
      "a temperature at which a graph gives no numbers",
      (vae) => vae.sample(1, { seed: 1, temperature: 1e300 }),
      "sample: temperature: expected a number from 0 to 1000; got 1e+300.",
    ],
    [
      "a posterior whose draws are beyond float32",
      (vae) => vae.sampleLatent({ mean: z, logVariance: vast }, { seed: 1 }),
      "sampleLatent: z: expected finite values; got",
    ],
    [
      "more items than an array of data holds",
      (vae) => vae.sample(2 ** 28, { seed: 1 }),
      "sample: n: expected a whole number from 1 to 178956970; got 268435456.",
    ],
    [
      "more steps than an array of data holds",
      (vae) => vae.interpolate(z.data.slice(0, 2), z.data.slice(0, 2), { steps: 2 ** 28 }),
      "interpolate: steps: expected a whole number from 2 to 178956970",
    ],
  ])("refuse %s", async (_, call, message) => {
    const error = await thrownBy(() => call(vae));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
