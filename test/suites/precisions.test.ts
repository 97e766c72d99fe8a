/** Every variant on every runtime: within the error that its manifest states, or refused by name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseManifest } from "@vaeport/infer/manifest";
import { availableRuntimes } from "@vaeport/test/parity";
import { afterAll, describe, expect, test } from "vitest";
import { modelsFolder, testModels } from "./setup.js";

const machine = await availableRuntimes();
afterAll(() => machine.close());

const folderOf = (model: string) => join(modelsFolder, model, "model");

test.each(testModels)("the %s model states the error of each variant", (model) => {
  const text = readFileSync(join(folderOf(model), "vae.json"), "utf8");
  const { float16, int8 } = parseManifest(JSON.parse(text)).variants;
  for (const variant of [float16, int8]) {
    const errors = Object.entries(variant?.errorAgainstFloat32 ?? {});
    const names = errors.map(([name]) => name).sort();
    expect(names).toEqual(["log_variance", "logits", "mean", "reconstruction"]);
    for (const [, error] of errors) expect(error).toBeGreaterThan(0);
  }
  expect(int8?.errorAgainstFloat32?.reconstruction).toBeLessThan(0.1);
  expect(float16?.errorAgainstFloat32?.reconstruction).toBeLessThan(0.01);
});

// The harness loads strictly (no node may fall back to the CPU), and loading compares the graphs with the check
// vector, within twice the stated error.
describe.each(machine.runtimes)("$name", ({ run, provider }) => {
  const load = (precision: "float16" | "int8") =>
    run({ model: folderOf("conv"), precision, batches: [] });

  test("int8 runs", async () => {
    expect(await load("int8")).toMatchObject({ provider });
  });

  test("float16 runs, or the adapter is said to lack it", async () => {
    const outcome = await load("float16").then(
      (result) => result.provider,
      (error: Error) => error.message,
    );
    if (provider === "webgpu") expect(outcome).toMatch(/^webgpu$|\bf16\b/);
    else expect(outcome).toBe(provider);
  });
});
