/** Models with classes, against the float64 referee's numbers for three items of classes 2, 0 and 1. */
import { InputError, loadVae, type Vae } from "@vaeport/infer";
import { wasmRuntime as wasm } from "@vaeport/infer/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorShare, expected, FIXTURES } from "./helpers.js";

const CONDITIONAL = `${FIXTURES}tiny-conditional`;
const reference = expected("conditional.json");
const { x, z } = reference as Record<string, (typeof reference)[string]>;
const label = [2, 0, 1];
const seed = 7;

describe.each([
  { name: "onnxruntime-node cpu", options: { provider: "cpu" } },
  { name: "onnxruntime-web wasm in Node", options: { runtime: wasm, threads: 1 } },
])("$name", ({ options }) => {
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(CONDITIONAL, options);
  });
  afterAll(() => vae.dispose());

  const agrees = (values: Float32Array, name: string) => {
    expect(errorShare(values, reference[name]!.data)).toBeLessThanOrEqual(1);
  };

  test("every call follows its labels", async () => {
    const { mean, logVariance } = await vae.encode(x!, { label });
    agrees(mean.data, "mean");
    agrees(logVariance.data, "log_variance");
    agrees((await vae.decode(z!, { label: Uint8Array.from(label) })).data, "reconstruction");
    agrees((await vae.decodeParameters(z!, { label })).logits.data, "logits");
    agrees((await vae.reconstruct(x!, { label, seed })).data, "reconstruction");
    const { distortion, rate } = await vae.score(x!, { label, seed });
    agrees(distortion, "distortion");
    agrees(rate, "rate");
  });

  test("one label stands for all items, and another class gives other numbers", async () => {
    const first = reference.reconstruction!.data.slice(0, 12);
    const point = z!.data.slice(0, 2);
    const points = Float32Array.from([...point, ...point]);
    const { data } = await vae.decode(points, { label: 2 });
    expect(errorShare(data.slice(12), first)).toBeLessThanOrEqual(1);
    const other = await vae.decode(points, { label: [2, 1] });
    expect(errorShare(other.data.slice(0, 12), first)).toBeLessThanOrEqual(1);
    expect(errorShare(other.data.slice(12), first)).toBeGreaterThan(100);
  });

  test("sample, interpolate, traverse and warmup take them too", async () => {
    expect((await vae.sample(3, { seed, label })).shape).toEqual([3, 4, 3, 1]);
    const [a, b] = [z!.data.slice(0, 2), z!.data.slice(2, 4)];
    const path = await vae.interpolate(a, b, { steps: 3, label: [2, 2, 0] });
    const ends = path.data.filter((_, index) => index < 12 || index >= 24);
    const wanted = reference.reconstruction!.data.slice(0, 24);
    expect(errorShare(ends, wanted)).toBeLessThanOrEqual(1);
    expect((await vae.traverse(a, { dimension: 1, steps: 4, label: 1 })).shape[0]).toBe(4);
    await vae.warmup(2);
  });

  test.each([
    [undefined, "the model has 3 classes; expected the class of all items or 3 of them"],
    [[0, 1], "one for each; got 2."],
    [3, "encode: label: expected a whole number from 0 to 2; got 3."],
    [[0, -1, 0], "got -1."],
    [[0, 0.5, 0], "got 0.5."],
    ["cat", 'got "c".'],
    [null, "got null."],
    [new Set([0, 1, 2]), "got [object Set]."],
    [{ length: 1e9 }, "got 1000000000."], // before any array of that length is made
  ])("label %j is refused", async (wrong, message) => {
    const call = vae.encode(x!, { label: wrong as number });
    await expect(call).rejects.toThrow(InputError);
    await expect(call).rejects.toThrow(message);
  });
});

describe("precision", () => {
  test("picks the variant, held to the error it was exported with", async () => {
    await using half = await loadVae(CONDITIONAL, { precision: "float16", provider: "cpu" });
    expect(half.runtime).toMatchObject({ precision: "float16", verified: true });
    const { data } = await half.decode(z!, { label });
    const error = errorShare(data, reference.reconstruction!.data);
    expect(error).toBeGreaterThan(1);
    expect(error).toBeLessThan(20);
  });

  test.each(["int8", "bfloat16", "__proto__"])("%s is not there, others are", async (name) => {
    const load = loadVae(CONDITIONAL, { precision: name as "int8" });
    await expect(load).rejects.toThrow(InputError);
    await expect(load).rejects.toThrow(`has float32, float16; got "${name}"`);
  });
});
