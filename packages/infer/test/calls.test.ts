/** What every call shares: bytes as input, batches in parts, and signals that give a call up. */
import { loadVae, RunError, type Vae } from "@vaeport/infer";
import { wasmRuntime as wasm } from "@vaeport/infer/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expected, fakeRuntime, rawManifest, TINY, tinyBytes, tinyFiles } from "./helpers.js";

const { x, z } = expected() as { x: { data: Float32Array; shape: number[] }; z: typeof x };

describe("bytes", () => {
  test("stand for the manifest's range, ends included", async () => {
    const manifest = rawManifest();
    manifest.data.range = [-1, 3];
    await using vae = await loadVae({ manifest, files: tinyFiles() }, { provider: "cpu" });
    const bytes = Uint8Array.from({ length: 12 }, (_, index) => [0, 255, 51, 204][index % 4]!);
    const values = Float32Array.from(bytes, (_, index) => [-1, 3, -0.2, 2.2][index % 4]!);
    const wanted = await vae.encode(values);
    const shape = [1, 4, 3, 1];
    for (const input of [bytes, new Uint8ClampedArray(bytes), { data: bytes, shape }]) {
      expect(await vae.encode(input)).toEqual(wanted);
    }
  });
});

describe("traverse", () => {
  test("sweeps one dimension evenly and leaves the others", async () => {
    await using vae = await loadVae(TINY, { provider: "cpu" });
    const swept = await vae.traverse(z.data.slice(0, 2), { dimension: 1, steps: 4 });
    const points = [-3, -1, 1, 3].flatMap((value) => [z.data[0]!, value]);
    expect(swept).toEqual(await vae.decode(Float32Array.from(points)));
    const narrow = { dimension: 0, steps: 2, range: [0.5, 0] as const };
    const ends = Float32Array.of(0.5, z.data[1]!, 0, z.data[1]!);
    expect(await vae.traverse(z.data.slice(0, 2), narrow)).toEqual(await vae.decode(ends));
  });
});

describe.each([
  { name: "cpu", options: { provider: "cpu" } },
  { name: "wasm", options: { runtime: wasm, threads: 1 } },
])("maxBatch on $name", ({ options }) => {
  let whole: Vae;
  beforeAll(async () => {
    whole = await loadVae(TINY, options);
  });
  afterAll(() => whole.dispose());

  test.each([1, 2, 4, 5, 99])("%d gives the same numbers, to the bit", async (maxBatch) => {
    await using parts = await loadVae(TINY, { ...options, maxBatch });
    const many = Float32Array.from({ length: 5 * 12 }, (_, index) => x.data[index % 36]!);
    const points = Float32Array.from({ length: 10 }, (_, index) => z.data[index % 6]!);
    expect(await parts.encode(many)).toEqual(await whole.encode(many));
    expect(await parts.decodeParameters(points)).toEqual(await whole.decodeParameters(points));
    const draws = { samples: 2, seed: 3 };
    expect(await parts.score(many, draws)).toEqual(await whole.score(many, draws));
    expect(await parts.sample(7, { seed: 1 })).toEqual(await whole.sample(7, { seed: 1 }));
  });
});

test("maxBatch bounds what a run gets", async () => {
  const runtime = fakeRuntime({ fake: {} }, ["fake"]);
  const vae = await loadVae(tinyBytes(), { runtime, maxBatch: 2, verify: false });
  await vae.decode(new Float32Array(10));
  expect(runtime.events.filter((event) => event.startsWith("run"))).toEqual([
    "run decoder 2",
    "run decoder 2",
    "run decoder 1",
  ]);
});

test("warmup runs every graph at the batch size asked for", async () => {
  const runtime = fakeRuntime({ fake: {} }, ["fake"]);
  const vae = await loadVae(tinyBytes(), { runtime, verify: false });
  await vae.warmup(5);
  const runs = runtime.events.filter((event) => event.startsWith("run"));
  expect(runs).toEqual(["run encoder 5", "run decoder 5", "run score 5"]);
});

describe("a signal", () => {
  const two = new Float32Array(2);
  const reason = new Error("the user left");

  /** A model whose runs wait to be let go. */
  async function held() {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const runtime = fakeRuntime({ fake: { gate } }, ["fake"]);
    const vae = await loadVae(tinyBytes(), { runtime, verify: false });
    const runs = () => runtime.events.filter((event) => event.startsWith("run")).length;
    return { vae, runs, open };
  }

  test("that is up already stops a call before it queues", async () => {
    const { vae, runs } = await held();
    const signal = AbortSignal.abort(reason);
    const calls = [
      vae.encode(new Float32Array(12), { signal }),
      vae.decode(two, { signal }),
      vae.decodeParameters(two, { signal }),
      vae.reconstruct(new Float32Array(12), { signal }),
      vae.sample(1, { seed: 1, signal }),
      vae.interpolate(two, two, { steps: 2, signal }),
      vae.traverse(two, { dimension: 0, steps: 2, signal }),
      vae.score(new Float32Array(12), { signal }),
      vae.warmup(1, { signal }),
    ];
    for (const call of calls) await expect(call).rejects.toBe(reason);
    expect(runs()).toBe(0);
  });

  test("drops a queued call at once; the one that runs and those behind are served", async () => {
    const { vae, runs, open } = await held();
    const abort = new AbortController();
    const running = vae.decode(two);
    const queued = vae.decode(two, { signal: abort.signal });
    const behind = vae.decode(two);
    abort.abort(reason);
    await expect(queued).rejects.toBe(reason);
    expect(runs()).toBe(1);
    open();
    await Promise.all([running, behind]);
    expect(runs()).toBe(2);
  });

  test("gives up a running call at once; its graph ends before the next begins", async () => {
    const { vae, runs, open } = await held();
    const abort = new AbortController();
    const running = vae.decode(two, { signal: abort.signal });
    const behind = vae.decode(two);
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(runs()).toBe(1);
    open();
    await behind;
  });

  test("gives up a load, and releases what it made", async () => {
    const abort = new AbortController();
    const runtime = fakeRuntime({ a: {}, b: {} }, ["a", "b"]);
    const created = runtime.onCreate(() => abort.abort(reason));
    const load = loadVae(tinyBytes(), { runtime, signal: abort.signal });
    await expect(load).rejects.toBe(reason);
    expect(created()).toBe(1);
    expect(runtime.events).toEqual(["open a", "release a"]);
    await expect(loadVae(TINY, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("leaves a call that is not given up alone", async () => {
    await using vae = await loadVae(TINY, { provider: "cpu" });
    const { signal } = new AbortController();
    expect(await vae.decode(z, { signal })).toEqual(await vae.decode(z));
  });
});

test("a part that fails ends its batch: those behind it do not run", async () => {
  const runtime = fakeRuntime({ flaky: { failingRuns: [1] } }, ["flaky"]);
  const vae = await loadVae(tinyBytes(), { runtime, verify: false, maxBatch: 1 });
  await expect(vae.decode(new Float32Array(20))).rejects.toThrow(RunError);
  await vae.dispose();
  expect(runtime.events.filter((event) => event.startsWith("run"))).toHaveLength(2);
});

test("a run that fails is a RunError with its cause", async () => {
  const runtime = fakeRuntime({ flaky: { failingRuns: [0] } }, ["flaky"]);
  const vae = await loadVae(tinyBytes(), { runtime, verify: false });
  const error = await vae.decode(new Float32Array(2)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RunError);
  expect(error).toMatchObject({ reason: "other", cause: { message: "the run failed" } });
  expect((error as Error).message).toContain("decoder: the run failed: Error: the run failed.");
});
