/** Exported repositories on the real Triton server: numbers, batching, ensembles, refusals. */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModelFolder, tritonRepository, writeTritonRepository } from "@vaeport/export";
import { loadVae, type Tensor, type Vae } from "@vaeport/infer";
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tritonObstacle } from "../../../scripts/lib/triton.mjs";
import { record } from "../record.js";
import { inferBinary, inferJson, statistics } from "./client.js";
import { startTriton, type TritonServer } from "./server.js";

const fixtures = new URL("../../../packages/infer/test/fixtures/", import.meta.url);
const FOLDERS = {
  mnist: fileURLToPath(new URL("../../../models/mnist-dense-20", import.meta.url)),
  conditional: fileURLToPath(new URL("tiny-conditional", fixtures)),
  full: fileURLToPath(new URL("tiny-full", fixtures)),
};
const CONCURRENT = 400;
const MAX_BATCH = 32;

const obstacle = tritonObstacle();
if (obstacle !== undefined) console.warn(`SKIPPED, the real Triton server: ${obstacle}.`);

describe.skipIf(obstacle !== undefined)("Triton", () => {
  const scratch = mkdtempSync(join(tmpdir(), "vaeport-triton-server-"));
  const results: string[][] = [];
  const vaes = {} as Record<keyof typeof FOLDERS, Vae>;
  let server: TritonServer;

  beforeAll(async () => {
    const repositories = await Promise.all(Object.entries(FOLDERS).map(writeRepository));
    for (const [name, folder] of Object.entries(FOLDERS)) {
      vaes[name as keyof typeof FOLDERS] = await loadVae(folder, { provider: "cpu" });
    }
    const started = performance.now();
    server = await startTriton(repositories);
    const seconds = (performance.now() - started) / 1000;
    results.push(["seconds until 15 models were ready", seconds.toFixed(1)]);
  }, 600_000);

  afterAll(async () => {
    await server?.stop();
    for (const vae of Object.values(vaes)) await vae.dispose();
    rmSync(scratch, { recursive: true });
    record("triton-server", "Model repositories on Triton 2.51 (nvidia-pytriton 0.7.0)", results);
  });

  async function writeRepository([name, folder]: [string, string]): Promise<string> {
    const target = join(scratch, name);
    const options = { name, maxBatchSize: MAX_BATCH, maxQueueDelayMicroseconds: 2000 };
    writeTritonRepository(target, tritonRepository(await readModelFolder(folder), options));
    return target;
  }

  /** n random items of a model, and one-hot labels where it has classes. */
  function inputs({ manifest }: Vae, n: number) {
    const { shape } = manifest.data;
    const size = shape.reduce((product, next) => product * next, 1);
    const x: Tensor = { data: Float32Array.from(seededUniform(5, n * size)), shape: [n, ...shape] };
    const { classes } = manifest.condition ?? {};
    if (classes === undefined) return { x, call: {}, feeds: { x } };
    const label = Array.from({ length: n }, (_, item) => item % classes);
    const data = new Float32Array(n * classes);
    for (const [item, value] of label.entries()) data[item * classes + value] = 1;
    return { x, call: { label }, feeds: { x, label: { data, shape: [n, classes] } } };
  }

  /** The largest error, as a share of the largest value where that is above 1. */
  function errorOf(got: Tensor | undefined, expected: Float32Array): number {
    expect(got?.data.length).toBe(expected.length);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const errors = expected.map((value, i) => Math.abs(value - (got?.data[i] ?? Number.NaN)));
    return errors.reduce((most, error) => Math.max(most, error), 0) / largest; // NaN stays NaN
  }

  describe.each([
    ["JSON", inferJson],
    ["binary", inferBinary],
  ] as const)("%s tensors", (kind, infer) => {
    test.each(Object.keys(FOLDERS) as (keyof typeof FOLDERS)[])(
      "%s: every model gives the numbers of @vaeport/infer",
      async (name) => {
        const vae = vaes[name];
        const { x, call, feeds } = inputs(vae, 7);
        const posterior = await vae.encode(x, call);
        const z: Tensor = {
          data: seededNormal(3, posterior.mean.data.length),
          shape: posterior.mean.shape,
        };
        const scores = await vae.score(x, { ...call, samples: 0 });
        const { url } = server;
        const encoded = await infer(url, `${name}_encoder`, feeds);
        const { x: _, ...labels } = feeds;
        const decoded = await infer(url, `${name}_decoder`, { z, ...labels });
        const reconstructed = await infer(url, `${name}_reconstruct`, feeds);
        const scored = await infer(url, `${name}_score`, feeds);
        const spread = posterior.scaleTril ?? posterior.logVariance;
        const errors = {
          mean: errorOf(encoded.mean, posterior.mean.data),
          spread: errorOf(encoded.scale_tril ?? encoded.log_variance, spread.data),
          decode: errorOf(decoded.reconstruction, (await vae.decode(z, call)).data),
          reconstruct: errorOf(reconstructed.reconstruction, (await vae.reconstruct(x, call)).data),
          distortion: errorOf(scored.distortion, scores.distortion),
          rate: errorOf(scored.rate, scores.rate),
        };
        const largest = Math.max(...Object.values(errors));
        results.push([
          `largest error against @vaeport/infer, ${name}, ${kind}`,
          largest.toExponential(1),
        ]);
        expect(largest).toBeLessThanOrEqual(1e-5);
      },
    );
  });

  test(`${CONCURRENT} requests at once run as fewer executions, each with its own numbers`, async () => {
    const { x } = inputs(vaes.mnist, CONCURRENT);
    const { mean } = await vaes.mnist.encode(x);
    const size = x.data.length / CONCURRENT;
    const item = (i: number): Tensor => ({
      data: x.data.slice(i * size, (i + 1) * size),
      shape: [1, ...vaes.mnist.manifest.data.shape],
    });
    const before = await statistics(server.url, "mnist_encoder");
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: CONCURRENT }, (_, i) =>
        inferBinary(server.url, "mnist_encoder", { x: item(i) }),
      ),
    );
    const seconds = (performance.now() - started) / 1000;
    const after = await statistics(server.url, "mnist_encoder");
    for (const [i, answer] of answers.entries()) {
      expect(errorOf(answer.mean, mean.data.slice(i * 20, (i + 1) * 20))).toBeLessThanOrEqual(1e-5);
    }
    const executions = after.executions - before.executions;
    expect(after.items - before.items).toBe(CONCURRENT);
    expect(executions).toBeLessThan(CONCURRENT);
    expect(executions).toBeGreaterThanOrEqual(CONCURRENT / MAX_BATCH);
    results.push([
      `executions for ${CONCURRENT} concurrent requests of one item`,
      `${executions} (${(CONCURRENT / executions).toFixed(1)} items each), ${(CONCURRENT / seconds).toFixed(0)} items/s`,
    ]);
  });

  test.each<[string, string, Record<string, Tensor>, RegExp]>([
    ["a wrong name", "mnist_encoder", { y: tensor(1, 28, 28, 1) }, /y/],
    [
      "a wrong shape",
      "mnist_encoder",
      { x: tensor(1, 28, 27, 1) },
      /unexpected shape.*\[-1,28,28,1\]/,
    ],
    [
      "a batch too large",
      "mnist_reconstruct",
      { x: tensor(33, 28, 28, 1) },
      /batch-size must be <= 32/,
    ],
    ["no label", "conditional_score", { x: tensor(1, 4, 3, 1) }, /expected 2 inputs but got 1/],
  ])("refuses with 400 and a reason: %s", async (_, model, feeds, message) => {
    const refusal = inferJson(server.url, model, feeds);
    await expect(refusal).rejects.toMatchObject({ status: 400 });
    await expect(refusal).rejects.toThrow(message);
  });

  function tensor(...shape: number[]): Tensor {
    const size = shape.reduce((product, next) => product * next, 1);
    return { data: new Float32Array(size).fill(0.5), shape };
  }

  test.each<[string, (folder: string) => void, RegExp]>([
    [
      "a graph cut off",
      (folder) => truncateSync(join(folder, "mnist_decoder", "1", "model.onnx"), 1000),
      /mnist_decoder.*(Protobuf|parsing|INVALID)/i,
    ],
    [
      "an output that the graph lacks",
      (folder) => edit(folder, "mnist_encoder", 'name: "log_variance"', 'name: "variance"'),
      /the graph has no \['variance'\]/,
    ],
    [
      "a field that Triton does not know",
      (folder) => edit(folder, "mnist_encoder", "dims", "shape"),
      /no field named "shape"/,
    ],
    [
      "an ensemble without its version folder",
      (folder) => rmSync(join(folder, "mnist_score", "1"), { recursive: true }),
      /mnist_score/,
    ],
  ])("a broken repository is refused at the start: %s", async (name, spoil, message) => {
    const folder = join(scratch, name.replaceAll(" ", "-"));
    cpSync(join(scratch, "mnist"), folder, { recursive: true });
    spoil(folder);
    await expect(startTriton([folder])).rejects.toThrow(message);
  });

  function edit(folder: string, model: string, old: string, put: string): void {
    const file = join(folder, model, "config.pbtxt");
    writeFileSync(file, readFileSync(file, "utf8").replace(old, put));
  }
});
