/** Posteriors with a full covariance, against the float64 referee. */
import { InputError, loadVae, type Vae } from "@vaeport/infer";
import { wasmRuntime as wasm } from "@vaeport/infer/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorShare, expected, FIXTURES } from "./helpers.js";

const reference = expected("full.json");
const x = reference.x!;
const seed = 7;

describe.each([
  { name: "onnxruntime-node cpu", options: { provider: "cpu" } },
  { name: "onnxruntime-web wasm in Node", options: { runtime: wasm, threads: 1 } },
])("$name", ({ options }) => {
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(`${FIXTURES}tiny-full`, options);
  });
  afterAll(() => vae.dispose());

  const agrees = (values: Float32Array, name: string) => {
    expect(errorShare(values, reference[name]!.data)).toBeLessThanOrEqual(1);
  };

  test("encode gives the mean, the factor, and the marginal log-variances", async () => {
    const { mean, scaleTril, logVariance } = await vae.encode(x);
    agrees(mean.data, "mean");
    expect(scaleTril!.shape).toEqual([3, 2, 2]);
    agrees(scaleTril!.data, "scale_tril");
    const factors = reference.scale_tril!.data;
    const marginal = [0, 1, 2].flatMap((item) => {
      const [a, , b, c] = factors.subarray(4 * item) as unknown as number[];
      return [Math.log(a! * a!), Math.log(b! * b! + c! * c!)];
    });
    expect(errorShare(logVariance.data, Float32Array.from(marginal))).toBeLessThanOrEqual(1);
  });

  test("sampleLatent, reconstruct and score follow mean + scaleTril * noise", async () => {
    agrees(vae.sampleLatent(await vae.encode(x), { seed }).data, "z");
    agrees((await vae.reconstruct(x, { seed })).data, "reconstruction");
    const { distortion, rate } = await vae.score(x, { seed });
    agrees(distortion, "distortion");
    agrees(rate, "rate");
  });

  test("a posterior without its factor is refused", async () => {
    const { mean, logVariance } = await vae.encode(x);
    expect(() => vae.sampleLatent({ mean, logVariance }, { seed })).toThrow(InputError);
    expect(() => vae.sampleLatent({ mean, logVariance }, { seed })).toThrow("scaleTril: expected");
  });
});
