/** An app of ours in a browser, by Vite, by esbuild and without a bundler: providers, noise, threads, workers. */
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import { buildPage, bundlePage, modulesForNode, plainPage, type Site } from "@vaeport/test/page";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bits, expectClose, type Lab, MODEL, nodeSamples, startLab } from "./browser-lab.js";

const SEED = 11;
const node = await nodeSamples(MODEL, SEED);

const holds = (modules: readonly string[], name: string) =>
  modules.some((path) => path.includes(`/${name}/`));

describe.each([
  { bundler: "Vite", build: () => buildPage("browser") },
  { bundler: "esbuild", build: bundlePage },
  { bundler: "no bundler", build: plainPage },
])("a page by $bundler", ({ bundler, build }) => {
  let lab: Lab;
  let page: Site["page"];
  /** Where the runtime's files are, if the bundler did not place them. */
  let placed: { wasmPaths?: string };

  beforeAll(async () => {
    lab = await startLab(build);
    const { wasmPaths } = lab.built;
    placed = wasmPaths === undefined ? {} : { wasmPaths };
    ({ page } = await lab.open());
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const sample = (provider: string) =>
    page.evaluate(
      async ({ seed, ...options }) => {
        const vae = await window.vaeport.loadVae("/model/", options);
        return { runtime: vae.runtime, drawn: await vae.sample(4, { seed }) };
      },
      { ...placed, provider, seed: SEED },
    );

  test("holds onnxruntime-web where bundled, and nothing of onnxruntime-node", () => {
    expect(holds(lab.built.modules, "onnxruntime-web")).toBe(bundler !== "no bundler");
    expect(holds(lab.built.modules, "onnxruntime-node")).toBe(false);
  });

  test.each([
    { provider: "wasm", file: /\/ort-wasm-simd-threaded(?:-[\w-]{8})?\.wasm$/ },
    { provider: "webgpu", file: /\/ort-wasm-simd-threaded\.asyncify(?:-[\w-]{8})?\.wasm$/ },
  ])(
    "fetches no runtime but that of $provider, at the load, from its own server",
    async (wanted) => {
      await using other = await lab.open();
      const { origin } = other.server;
      const asked = () => other.requests.filter((address) => /\/ort[.-]/.test(address));
      expect(asked()).toEqual([]);
      await other.page.evaluate(
        async (options) => (await window.vaeport.loadVae("/model/", options)).dispose(),
        { ...placed, provider: wanted.provider },
      );
      expect(asked().length).toBeGreaterThan(1);
      expect(other.requests.filter((address) => !address.startsWith(`${origin}/`))).toEqual([]);
      const binaries = asked().filter((address) => address.endsWith(".wasm"));
      expect(binaries).toEqual([expect.stringMatching(wanted.file)]);
    },
  );

  test("auto passes over the software adapter, says so, and takes wasm with Node's numbers", async () => {
    const { runtime, drawn } = await sample("auto");
    expect(runtime).toMatchObject({ requested: "auto", chosen: "wasm", verified: true });
    expect(runtime.attempts).toMatchObject([
      { provider: "webgpu", ok: false, reason: expect.stringContaining("emulated on the CPU") },
      { provider: "wasm", ok: true },
    ]);
    expectClose("reconstruction", drawn, node);
  });

  test("webgpu by name runs the whole graph, with Node's numbers", async () => {
    const { runtime, drawn } = await sample("webgpu");
    expect(runtime).toMatchObject({
      chosen: "webgpu",
      attempts: [{ provider: "webgpu", ok: true }],
      wholeGraph: true,
      verified: true,
      adapter: { software: true },
    });
    expectClose("reconstruction", drawn, node);
  });

  test("the noise of a seed is Node's to the bit", async () => {
    const length = 5000;
    for (const seed of [0, 7, Number.MAX_SAFE_INTEGER]) {
      const got = await page.evaluate(
        ([seed, length]) => ({
          normal: window.vaeport.seededNormal(seed, length, 3),
          uniform: window.vaeport.seededUniform(seed, length, 3),
        }),
        [seed, length] as const,
      );
      expect(bits(got.normal)).toEqual(bits(seededNormal(seed, length, 3)));
      expect(bits(got.uniform)).toEqual(bits(seededUniform(seed, length, 3)));
    }
  });

  test.each([
    { isolated: true, threads: 2 },
    { isolated: false, threads: 1 },
  ])("of 2 threads, $threads run with isolation $isolated, as the report says", async (wanted) => {
    await using other = await lab.open({ isolated: wanted.isolated });
    const { drawn, ...got } = await other.page.evaluate(
      async ({ seed, ...options }) => {
        const vae = await window.vaeport.loadVae("/model/", options);
        const { threads } = vae.runtime;
        return { isolated: crossOriginIsolated, threads, drawn: await vae.sample(4, { seed }) };
      },
      { ...placed, provider: "wasm", threads: 2, seed: SEED },
    );
    expect(got).toEqual(wanted);
    expect(other.messages).toEqual([]); // ONNX Runtime warns of threads that it cannot have
    // Beside the page's own thread, each is a worker of ONNX Runtime's.
    expect(other.page.workers()).toHaveLength(wanted.threads - 1);
    expectClose("reconstruction", drawn, node);
  });

  test("a worker that loads the model itself has Node's numbers", async () => {
    const { drawn, ...runtime } = await page.evaluate(
      (request) => window.vaeport.inOwnWorker(request),
      { model: "/model/", seed: SEED, options: { ...placed, provider: "wasm" } },
    );
    expect(runtime).toEqual({ chosen: "wasm", verified: true });
    expectClose("reconstruction", drawn, node);
  });

  test("a worker that runs the page's graphs has the page's numbers, to the bit", async () => {
    const { here, there } = await page.evaluate(
      async (options) => {
        const { loadVae, workerRuntime } = window.vaeport;
        const results = await Promise.all(
          [{}, { runtime: workerRuntime() }].map(async (where) => {
            const vae = await loadVae("/model/", { ...options, ...where });
            const drawn = await vae.sample(2, { seed: 5 });
            const scores = await vae.score(drawn, { samples: 2, seed: 3 });
            const report = { ...vae.runtime, attempts: [] };
            await vae.dispose();
            return { drawn, scores, report };
          }),
        );
        return { here: results[0]!, there: results[1]! };
      },
      { ...placed, provider: "wasm" },
    );
    expect(there).toEqual(here);
    expect(here.drawn.data.some((value) => value > 0.5)).toBe(true);
  });
});

test("a bundle for Node holds onnxruntime-node: the check above can fail", async () => {
  expect(holds(await modulesForNode(), "onnxruntime-node")).toBe(true);
});
