/** The whole API on the real runtimes: onnxruntime-node's CPU provider and onnxruntime-web's wasm inside Node. */
import { DisposedError, InputError, loadVae, ProviderError, type Vae } from "@vaeport/infer";
import { seededNormal } from "@vaeport/infer/random";
import { wasmRuntime as wasm } from "@vaeport/infer/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireSupport } from "../src/score.js";
import { errorShare, expected, rawManifest, TINY, tinyBytes } from "./helpers.js";

const reference = expected();
const { x, z, mean } = reference as Record<string, (typeof reference)[string]>;
const SEED = 7;

/** Holds an output to the referee's. */
function agree(output: { data: Float32Array; shape: number[] }, name: string): void {
  expect(output.shape).toEqual(reference[name]!.shape);
  expect(errorShare(output.data, reference[name]!.data)).toBeLessThanOrEqual(1);
}

describe.each([
  { name: "onnxruntime-node cpu", options: { provider: "cpu" } },
  { name: "onnxruntime-web wasm in Node", options: { runtime: wasm, threads: 1 } },
])("$name", ({ options }) => {
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(TINY, options);
  });
  afterAll(() => vae.dispose());

  test("encode gives the referee's mean and log-variance", async () => {
    const posterior = await vae.encode(x!);
    agree(posterior.mean, "mean");
    agree(posterior.logVariance, "log_variance");
  });

  test("sampleLatent and reconstruct follow the referee's noise", async () => {
    agree(vae.sampleLatent(await vae.encode(x!), { seed: SEED }), "z");
    agree(await vae.reconstruct(x!, { seed: SEED }), "reconstruction");
  });

  test("decode and decodeParameters give the referee's outputs", async () => {
    agree(await vae.decode(z!), "reconstruction");
    const { reconstruction, logits } = await vae.decodeParameters(z!);
    agree(reconstruction, "reconstruction");
    agree(logits, "logits");
  });

  test("score gives the referee's distortion and rate", async () => {
    const { distortion, rate, elbo } = await vae.score(x!, { seed: SEED });
    expect(errorShare(distortion, reference.distortion!.data)).toBeLessThanOrEqual(1);
    expect(errorShare(rate, reference.rate!.data)).toBeLessThanOrEqual(1);
    elbo.forEach((value, item) => {
      expect(value).toBeCloseTo(-(distortion[item]! + rate[item]!), 5);
    });
  });

  test("score averages its draws; none scores at the mean", async () => {
    const posterior = await vae.encode(x!);
    const cost = async (latent: Float32Array) => {
      const { logits } = await vae.decodeParameters(latent);
      const costs = logits.data.map((l, i) => Math.log1p(Math.exp(l)) - x!.data[i]! * l);
      return [0, 1, 2].map((n) => costs.subarray(12 * n, 12 * n + 12).reduce((a, b) => a + b, 0));
    };
    const atMean = await vae.score(x!, { samples: 0 });
    const costAtMean = await cost(posterior.mean.data);
    const draws = await Promise.all(
      [0, 1, 2].map((stream) => {
        const noise = seededNormal(SEED, 6, stream);
        const spread = posterior.logVariance.data.map((v, i) => Math.exp(v / 2) * noise[i]!);
        return cost(posterior.mean.data.map((m, i) => m + spread[i]!));
      }),
    );
    const averaged = await vae.score(x!, { samples: 3, seed: SEED });
    for (const item of [0, 1, 2]) {
      expect(atMean.distortion[item]).toBeCloseTo(costAtMean[item]!, 3);
      const average = draws.reduce((sum, draw) => sum + draw[item]!, 0) / 3;
      expect(averaged.distortion[item]).toBeCloseTo(average, 3);
    }
  });

  test("sample decodes the seed's normals, scaled by the temperature", async () => {
    const noise = seededNormal(SEED, 6);
    expect(await vae.sample(3, { seed: SEED })).toEqual(await vae.decode(noise));
    const cool = await vae.decode(noise.map((value) => value * 0.5));
    expect(await vae.sample(3, { seed: SEED, temperature: 0.5 })).toEqual(cool);
  });

  test("interpolate decodes the path, ends included", async () => {
    const from = mean!.data.slice(0, 2);
    const to = { data: mean!.data.slice(2, 4), shape: [1, 2] };
    for (const path of ["linear", "spherical"] as const) {
      const images = await vae.interpolate(from, to, { steps: 5, path });
      expect(images.shape).toEqual([5, 4, 3, 1]);
      const ends = await vae.decode(mean!.data.slice(0, 4));
      expect(errorShare(images.data.slice(0, 12), ends.data.slice(0, 12))).toBeLessThanOrEqual(1);
      expect(errorShare(images.data.slice(48), ends.data.slice(12))).toBeLessThanOrEqual(1);
    }
  });

  test("calls may overlap, and an argument may change as soon as it is handed in", async () => {
    const mine = x!.data.slice();
    const first = vae.encode(mine);
    mine.fill(0);
    const others = await Promise.all(Array.from({ length: 20 }, () => vae.encode(x!)));
    expect(others.every(({ mean }) => mean.data.join() === others[0]!.mean.data.join())).toBe(true);
    expect(await first).toEqual(others[0]);
  });

  test("values of a subclass, or in shared memory, are values", async () => {
    class Odd extends Float32Array {
      static get [Symbol.species]() {
        return Float64Array as never;
      }
    }
    const wanted = await vae.decode(z!);
    expect(await vae.decode(new Odd(z!.data))).toEqual(wanted);
    const shared = new Float32Array(new SharedArrayBuffer(z!.data.byteLength));
    shared.set(z!.data);
    expect(await vae.decode(shared)).toEqual(wanted);
  });

  test("results own their memory", async () => {
    const one = await vae.decode(z!);
    const kept = one.data.slice();
    const two = await vae.decode(new Float32Array(6));
    expect(one.data).toEqual(kept);
    expect(one.data.buffer).not.toBe(two.data.buffer);
    expect(one.data.buffer.byteLength).toBe(one.data.byteLength);
  });
});

describe("bad arguments are refused with what was expected and what came", () => {
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(TINY, { provider: "cpu" });
  });
  afterAll(() => vae.dispose());

  const wanted =
    "encode: x: expected n * 12 values in a Float32Array or Uint8Array, or a tensor of shape [n, 4, 3, 1]";
  const tensor = (length: number, shape: number[]) => ({ data: new Float32Array(length), shape });
  const cases: [string, unknown, string][] = [
    ["a wrong length", new Float32Array(13), `${wanted}; got 13 values.`],
    ["an empty batch", new Float32Array(0), `${wanted}; got 0 values.`],
    ["an empty tensor", tensor(0, [0, 4, 3, 1]), `${wanted}; got 0 values.`],
    ["a wrong shape", tensor(12, [1, 12]), `${wanted}; got shape [1,12] with 12 values.`],
    ["a shape of no batch", tensor(12, [4, 3, 1]), `${wanted}; got shape [4,3,1] with 12 values.`],
    ["a shape of another length", tensor(24, [1, 4, 3, 1]), `got shape [1,4,3,1] with 24 values.`],
    ["a wrong type", new Float64Array(12), "got Float64Array."],
    ["a list", Array(12).fill(0), "got Array."],
    ["a tensor of integers", { data: new Int32Array(12), shape: [1, 4, 3, 1] }, "got Int32Array."],
    ["a picture in Node", { width: 3, height: 4 }, "pictures are read in browsers only"],
    ["nothing", undefined, "got Undefined."],
    [
      "NaN",
      new Float32Array(12).fill(Number.NaN, 5),
      "expected finite values; got NaN at index 5.",
    ],
    ["infinity", new Float32Array(12).fill(Number.POSITIVE_INFINITY), "got Infinity at index 0."],
  ];
  test.each(cases)("%s", async (_, value, message) => {
    const call = vae.encode(value as Float32Array);
    await expect(call).rejects.toThrow(InputError);
    await expect(call).rejects.toThrow(message);
  });

  test("more items than an array holds", async () => {
    const z = new Float32Array(2);
    for (const call of [
      vae.sample(1e11, { seed: 1 }),
      vae.interpolate(z, z, { steps: 1e11 }),
      vae.traverse(z, { dimension: 0, steps: 1e11 }),
      vae.warmup(1e11),
    ]) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "InputError" });
      expect((error as Error).message).toMatch(/whole number from \d to \d+; got 100000000000/);
    }
  });

  test("latents, counts, temperatures and seeds", async () => {
    const two = new Float32Array(2);
    const calls: [Promise<unknown>, string][] = [
      [vae.decode(new Float32Array(3)), "decode: z: expected n * 2 values"],
      [vae.decode(new Uint8Array(2) as never), "in a Float32Array, or a tensor of shape [n, 2]"],
      [vae.decode(two, { label: 0 }), "decode: label: the model has no classes"],
      [vae.traverse(two, { dimension: 2, steps: 3 }), "traverse: dimension"],
      [vae.traverse(two, { dimension: 0, steps: 1 }), "traverse: steps"],
      [vae.traverse(two, { dimension: 0, steps: 2, range: [0, Number.NaN] }), "traverse: range"],
      [vae.warmup(0), "warmup: n"],
      [vae.interpolate(new Float32Array(4), two, { steps: 3 }), "expected 1 * 2 values"],
      [vae.interpolate(two, two, { steps: 3, path: "bent" as never }), "interpolate: path"],
      [vae.interpolate(two, two, undefined as never), "interpolate: steps"],
      [vae.traverse(two, undefined as never), "traverse: dimension"],
      [vae.sample(1, undefined as never), "seed: expected a whole number"],
      [vae.sample(0, { seed: 1 }), "sample: n"],
      [vae.sample(1, { seed: -1 }), "seed: expected a whole number"],
      [vae.sample(1, { seed: 1, temperature: Number.NaN }), "temperature"],
      [vae.score(new Float32Array(12), { samples: -1 }), "score: samples"],
      [
        vae.score(new Float32Array(12).fill(-0.5, 7)),
        "from 0 to 1 for a bernoulli likelihood; got -0.5 at index 7",
      ],
      [vae.score(new Float32Array(12).fill(1.5)), "values from 0 to 1 for a bernoulli likelihood"],
      [vae.score(new Float32Array(12), { seed: 0.5 }), "seed: expected a whole number"],
    ];
    for (const [call, message] of calls) {
      await expect(call).rejects.toThrow(InputError);
      await expect(call).rejects.toThrow(message);
    }
    const posterior = { mean: tensor(4, [2, 2]), logVariance: tensor(2, [1, 2]) };
    expect(() => vae.sampleLatent(posterior, { seed: 1 })).toThrow("expected 2 * 2 values");
  });

  test("values outside of the range, of a Bernoulli likelihood alone", () => {
    const x = { data: Float32Array.of(1, -0.5), shape: [1, 2] };
    const score = (name: string) => () =>
      requireSupport(x, { ...rawManifest(), likelihood: { name, parameters: {} } });
    for (const name of ["bernoulli", "continuous-bernoulli"])
      expect(score(name)).toThrow(`expected values from 0 to 1 for a ${name} likelihood; got -0.5`);
    for (const name of ["gaussian", "discretised-logistic"]) expect(score(name)).not.toThrow();
  });

  test.each([undefined, null, 5, {}, { manifest: {} }, [TINY]])("source %j", async (source) => {
    const load = loadVae(source as never);
    await expect(load).rejects.toThrow(InputError);
    await expect(load).rejects.toThrow("expected a path, a URL or { manifest, files }; got");
  });

  test.each(["threads", "maxBatch", "workers"])("option %s", async (name) => {
    for (const value of [0, 1.5, "2"]) {
      const load = loadVae(TINY, { [name]: value });
      await expect(load).rejects.toThrow(InputError);
      await expect(load).rejects.toThrow(`loadVae: ${name}: expected a whole number`);
    }
  });

  test("workers where there are none", async () => {
    await expect(loadVae(TINY, { workers: 2, runtime: wasm })).rejects.toThrow(InputError);
  });
});

describe("dispose", () => {
  test("waits for calls in flight, refuses later ones, and may be called again", async () => {
    const vae = await loadVae(tinyBytes(), { provider: "cpu" });
    const inFlight = vae.sample(2, { seed: 1 });
    await Promise.all([vae.dispose(), vae.dispose()]);
    expect((await inFlight).shape).toEqual([2, 4, 3, 1]);
    await expect(vae.sample(2, { seed: 1 })).rejects.toThrow(DisposedError);
    await expect(vae.encode(x!)).rejects.toThrow("encode: the model was disposed");
    await vae.dispose();
  });

  test("is what `await using` calls", async () => {
    let outlived: Vae;
    {
      await using vae = await loadVae(tinyBytes(), { provider: "cpu" });
      outlived = vae;
    }
    await expect(outlived.decode(z!)).rejects.toThrow(DisposedError);
  });
});

describe("providers of the platform's runtimes", () => {
  test("auto in Node ends at cpu here, or at cuda where there is one", async () => {
    await using vae = await loadVae(TINY);
    const { chosen, attempts } = vae.runtime;
    expect(attempts.map(({ provider }) => provider)).toEqual(
      ["cuda", "cpu"].slice(0, attempts.length),
    );
    expect(attempts.at(-1)).toMatchObject({ provider: chosen, ok: true });
    expect(vae.runtime).toMatchObject({ package: "onnxruntime-node", version: "1.30.0" });
  });

  test.each([
    { provider: "wasm", options: {}, remedy: "@vaeport/infer/wasm" },
    { provider: "cpu", options: { runtime: wasm }, remedy: "ask for wasm" },
    { provider: "webgpu", options: { runtime: wasm }, remedy: "no WebGPU in Node" },
  ])("$provider where it is not says what to do", async ({ provider, options, remedy }) => {
    const load = loadVae(TINY, { ...options, provider });
    await expect(load).rejects.toThrow(ProviderError);
    await expect(load).rejects.toThrow(remedy);
  });

  test("strict holds on the CPU providers", async () => {
    for (const options of [{ provider: "cpu" }, { runtime: wasm }]) {
      await using vae = await loadVae(TINY, { ...options, strict: true });
      expect(vae.runtime.wholeGraph).toBe(true);
    }
  });

  test.each([{ provider: "cpu" }, { runtime: wasm }])(
    "session options reach %j",
    async (options) => {
      await using vae = await loadVae(TINY, {
        ...options,
        sessionOptions: { graphOptimizationLevel: "disabled", executionMode: "sequential" },
      });
      agree(await vae.decode(z!), "reconstruction");
      const wrong = { graphOptimizationLevel: "most" as "all" };
      const load = loadVae(TINY, { ...options, sessionOptions: wrong });
      await expect(load).rejects.toThrow(/graph ?optimization/i);
    },
  );

  test("the report tells threads", async () => {
    await using cpu = await loadVae(TINY, { provider: "cpu", threads: 1 });
    expect(cpu.runtime.threads).toBe(1);
    const sessionOptions = { intraOpNumThreads: 2 };
    await using over = await loadVae(TINY, { provider: "cpu", threads: 1, sessionOptions });
    expect(over.runtime.threads).toBe(2);
    await using web = await loadVae(TINY, { runtime: wasm, threads: 2 });
    // WebAssembly started with the first load of this process.
    expect(web.runtime.threads).toBe(1);
  });
});
