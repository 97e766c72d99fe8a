import { describe, expect, test } from "vitest";
import { createSession, type Ort } from "../src/runtime/session.js";

const ON_CPU =
  "This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.";

type Options = Parameters<Ort["InferenceSession"]["create"]>[1];

/** ONNX Runtime, reduced to what a session asks of it; `fail` may refuse a set of options. */
function fakeOrt(fail: (options: Options) => string | undefined = () => undefined) {
  const created: Options[] = [];
  const heap = new Float32Array([9, 1, 2, 9]);
  const ort: Ort = {
    env: { versions: {}, wasm: {} },
    Tensor: class {
      readonly data: Float32Array;
      readonly dims: readonly number[];
      constructor(_type: "float32", data: Float32Array, dims: readonly number[]) {
        this.data = data;
        this.dims = dims;
      }
    },
    InferenceSession: {
      async create(_model, options) {
        created.push(options);
        const message = fail(options);
        if (message !== undefined) throw new Error(message);
        return {
          inputNames: ["x"],
          outputNames: ["heap", "double"],
          run: async () => ({
            heap: { data: heap.subarray(1, 3), dims: [1, 2] },
            double: { data: new Float64Array(2), dims: [1, 2] },
          }),
          release: async () => undefined,
        };
      },
    },
  };
  return { ort, created, heap };
}

const model = new Uint8Array(1);
const forbidden = { session: { disable_cpu_ep_fallback: "1" } };

describe("placement", () => {
  test("a provider is first asked to run every node", async () => {
    const { ort, created } = fakeOrt();
    const session = await createSession(ort, model, { provider: "webgpu", strict: false });
    expect(session.wholeGraph).toBe(true);
    expect(created).toEqual([
      { executionProviders: ["webgpu"], logSeverityLevel: 4, extra: forbidden },
    ]);
  });

  test("a graph that needs the CPU is taken and reported, or refused when strict", async () => {
    const { ort, created } = fakeOrt(({ extra }) => (extra === undefined ? undefined : ON_CPU));
    const session = await createSession(ort, model, { provider: "webgpu", strict: false });
    expect(session.wholeGraph).toBe(false);
    expect(created).toHaveLength(2);
    await expect(createSession(ort, model, { provider: "webgpu", strict: true })).rejects.toThrow(
      "fallback to CPU EP",
    );
  });

  test("another failure is not tried again", async () => {
    const { ort, created } = fakeOrt(() => "no adapter");
    const load = createSession(ort, model, { provider: "webgpu", strict: false });
    await expect(load).rejects.toThrow("no adapter");
    expect(created).toHaveLength(1);
  });

  test.each(["cpu", "wasm"])("%s is the CPU and is not forbidden to be", async (provider) => {
    const { ort, created } = fakeOrt();
    const session = await createSession(ort, model, { provider, strict: true, threads: 3 });
    expect(session.wholeGraph).toBe(true);
    expect(created).toEqual([
      { executionProviders: [provider], logSeverityLevel: 4, intraOpNumThreads: 3 },
    ]);
  });
});

describe("session options", () => {
  const options = { graphOptimizationLevel: "basic", intraOpNumThreads: 2 } as const;

  test("reach the CPU's providers, over our own, but not the choice of provider", async () => {
    const { ort, created } = fakeOrt();
    const given = { ...options, executionProviders: ["cuda"] };
    await createSession(ort, model, { provider: "cpu", strict: true, threads: 3, options: given });
    const common = { executionProviders: ["cpu"], logSeverityLevel: 4 };
    expect(created).toEqual([{ ...common, ...options }]);
  });

  test("do not reach others", async () => {
    const { ort, created } = fakeOrt();
    await createSession(ort, model, { provider: "webgpu", strict: true, options });
    expect(created[0]).not.toHaveProperty("graphOptimizationLevel");
  });
});

describe("results", () => {
  test("own their memory, even where the runtime hands out its heap", async () => {
    const { ort, heap } = fakeOrt();
    const session = await createSession(ort, model, { provider: "cpu", strict: false });
    const { heap: output } = await session.run({}, ["heap"]);
    heap.fill(0);
    expect(output).toEqual({ data: Float32Array.of(1, 2), shape: [1, 2] });
  });

  test.each(["double", "absent"])("an output that is not float32 is refused: %s", async (name) => {
    const { ort } = fakeOrt();
    const session = await createSession(ort, model, { provider: "cpu", strict: false });
    await expect(session.run({}, [name])).rejects.toThrow(`float32 values for output ${name}`);
  });
});

describe("a session whose outputs stay on the GPU", () => {
  /** ONNX Runtime with outputs on a GPU, which counts what is read back and freed. */
  function fakeGpu() {
    const counts = { read: 0, disposed: 0 };
    const fed: unknown[] = [];
    const output = (fails: boolean) => ({
      data: undefined,
      dims: [1, 2],
      gpuBuffer: "buffer",
      async getData() {
        counts.read++;
        if (fails) throw new Error("Device is lost");
        return Float32Array.of(1, 2);
      },
      dispose: () => void counts.disposed++,
    });
    const ort: Ort = {
      ...fakeOrt().ort,
      env: { versions: {}, wasm: {}, webgpu: { device: {} } },
      InferenceSession: {
        create: async () => ({
          inputNames: ["x"],
          outputNames: ["good", "bad"],
          async run(feeds, names) {
            fed.push(...Object.values(feeds));
            return Object.fromEntries(names.map((name) => [name, output(name === "bad")]));
          },
          release: async () => undefined,
        }),
      },
    };
    const settings = { provider: "webgpu", strict: false, onGpu: true };
    return { counts, fed, create: () => createSession(ort, model, settings) };
  }

  test("reads what is asked for, and frees it, even when that fails", async () => {
    const { counts, create } = fakeGpu();
    const session = await create();
    const { good } = await session.run({}, ["good"]);
    expect(good).toEqual({ data: Float32Array.of(1, 2), shape: [1, 2] });
    expect(counts).toEqual({ read: 1, disposed: 1 });
    await expect(session.run({}, ["bad"])).rejects.toThrow("Device is lost");
    expect(counts).toEqual({ read: 2, disposed: 2 });
  });

  test("hands an output to the next session as it is, and frees it once told to", async () => {
    const { counts, create, fed } = fakeGpu();
    const session = await create();
    const { good } = await session.runOnGpu!({}, ["good"]);
    expect(good).toMatchObject({ buffer: "buffer", shape: [1, 2] });
    await session.runOnGpu!({ x: good! }, ["good"]);
    expect(fed).toMatchObject([{ gpuBuffer: "buffer" }]);
    expect(counts).toEqual({ read: 0, disposed: 0 });
    good!.dispose();
    expect(counts).toEqual({ read: 0, disposed: 1 });
  });
});
