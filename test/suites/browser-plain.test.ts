/** The package's ready file in a page without a bundler: its worker, and where it finds onnxruntime-web. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { modulesOf, plainPage } from "@vaeport/test/page";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectClose, type Lab, MODEL, nodeSamples, startLab } from "./browser-lab.js";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab(plainPage);
});
afterAll(() => lab?.[Symbol.asyncDispose]());

test("is one file of at most 18.5 kB gzipped, that imports nothing by name", async () => {
  const file = fileURLToPath(import.meta.resolve("@vaeport/infer/browser"));
  expect(gzipSync(readFileSync(file)).length).toBeLessThanOrEqual(18_500);
  expect(await modulesOf(file)).toHaveLength(1);
  // The negative control: the package's compiled entry is of many modules.
  const compiled = fileURLToPath(import.meta.resolve("@vaeport/infer"));
  expect((await modulesOf(compiled)).length).toBeGreaterThan(10);
});

test("the ready worker runs the page's graphs, with Node's numbers", async () => {
  await using site = await lab.open();
  const drawn = await site.page.evaluate(async () => {
    const runtime = window.vaeport.workerRuntime("/vaeport/vaeport-infer-worker.js");
    const vae = await window.vaeport.loadVae("/model/", { runtime, provider: "wasm" });
    return await vae.sample(4, { seed: 2 });
  });
  expectClose("reconstruction", drawn, await nodeSamples(MODEL, 2));
});

describe("wasmPaths", () => {
  test.each(["page", "worker"])(
    "relative to the page moves the runtime of the %s",
    async (where) => {
      await using site = await lab.open();
      await site.page.evaluate(async (where) => {
        const { loadVae, workerRuntime } = window.vaeport;
        const there = { runtime: workerRuntime("/vaeport/vaeport-infer-worker.js") };
        const options = { provider: "wasm", wasmPaths: "ort" };
        const vae = await loadVae("/model/", where === "page" ? options : { ...options, ...there });
        await vae.dispose();
      }, where);
      const files = site.requests.map((address) => new URL(address).pathname);
      expect(files.filter((path) => /\/ort[.-]/.test(path))).toEqual([
        "/ort/ort.wasm.bundle.min.mjs",
        "/ort/ort-wasm-simd-threaded.wasm",
      ]);
    },
  );

  test("without the files is a typed error that names the address", async () => {
    await using site = await lab.open();
    const failure = await site.page.evaluate(() => {
      const { failure, loadVae } = window.vaeport;
      return failure(loadVae("/model/", { provider: ["wasm", "webgpu"], wasmPaths: "/no/" }));
    });
    expect(failure).toMatchObject({ own: true, name: "ProviderError" });
    expect(failure.message).toMatch(
      /wasm: .*files are not served.*\/no\/ort\.wasm\.bundle.*\n.*webgpu: .*\/no\/ort\.webgpu\.bundle/,
    );
  });
});
