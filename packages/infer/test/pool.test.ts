/** Workers that share the runs: the same numbers, a free event loop, typed errors, and an end with dispose. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { loadVae, ProviderError, RunError, type Vae } from "@vaeport/infer";
import { afterEach, describe, expect, test } from "vitest";
import { expected, FIXTURES, rawManifest, TINY, tinyFiles } from "./helpers.js";

const { x, z } = expected() as { x: { data: Float32Array; shape: number[] }; z: typeof x };

/** The tiny model with a decoder that takes long whatever the batch. */
function heavy() {
  const bytes = new Uint8Array(readFileSync(`${FIXTURES}heavy-decoder.onnx`));
  const manifest = rawManifest();
  manifest.variants.float32.decoder = {
    file: "decoder.onnx",
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  return { manifest, files: { ...tinyFiles(), "decoder.onnx": bytes } };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

const opened: Vae[] = [];
async function open(...args: Parameters<typeof loadVae>): Promise<Vae> {
  const vae = await loadVae(...args);
  opened.push(vae);
  return vae;
}
/** The tiny model on workers, and their threads. */
async function openNoting(options: { workers: number }) {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  const vae = await open(TINY, { provider: "cpu", ...options });
  process.off("worker", note);
  return { vae, threads };
}
afterEach(async () => {
  for (const vae of opened.splice(0)) await vae.dispose();
});

test("gives the numbers of the calling thread, to the bit", async () => {
  const alone = await open(TINY, { provider: "cpu", threads: 1 });
  const pool = await open(TINY, { provider: "cpu", workers: 2, maxBatch: 2 });
  expect(pool.runtime).toMatchObject({ chosen: "cpu", workers: 2, threads: 1, verified: true });
  expect(await pool.encode(x)).toEqual(await alone.encode(x));
  const draws = { samples: 3, seed: 5 };
  expect(await pool.score(x, draws)).toEqual(await alone.score(x, draws));
  const seeds = Array.from({ length: 24 }, (_, seed) => seed);
  const together = await Promise.all(seeds.map((seed) => pool.sample(3, { seed })));
  for (const seed of seeds) {
    expect(together[seed]).toEqual(await alone.sample(3, { seed }));
  }
});

test("runs in a program given as text, whose flags no thread would take", () => {
  const program = `import { loadVae } from "@vaeport/infer";
    const vae = await loadVae(${JSON.stringify(TINY)}, { provider: "cpu", workers: 1 });
    console.log((await vae.sample(2, { seed: 1 })).shape.join());
    await vae.dispose();`;
  const flags = ["--input-type=module", "-e", program];
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd, encoding: "utf8" });
  expect(stdout, stderr).toBe("2,4,3,1\n");
});

test("leaves the event loop free while a run takes its time", async () => {
  const options = { provider: "cpu", verify: false, threads: 1 } as const;
  /** The longest gap between turns of the event loop, as a share of a run's time: the least of three runs. */
  const gap = async (vae: Vae) => {
    await vae.decode(z);
    const shares: number[] = [];
    for (let run = 0; run < 3; run++) {
      let largest = 0;
      let last = performance.now();
      const tick = () => {
        const now = performance.now();
        largest = Math.max(largest, now - last);
        last = now;
      };
      const timer = setInterval(tick, 1);
      const start = performance.now();
      await vae.decode(z);
      const milliseconds = performance.now() - start;
      await pause();
      clearInterval(timer);
      shares.push(largest / milliseconds);
    }
    return Math.min(...shares);
  };
  expect(await gap(await open(heavy(), options))).toBeGreaterThan(0.8);
  expect(await gap(await open(heavy(), { ...options, workers: 1 }))).toBeLessThan(0.5);
});

describe("errors", () => {
  test("of a run keep ONNX Runtime's words, and the runs around them go on", async () => {
    const file = `${new URL("../dist/runtime/pool.js", import.meta.url)}`;
    const { openPool } = (await import(file)) as typeof import("../src/runtime/pool.js");
    const pool = await openPool({ version: "1", workers: 2, threads: 1, options: undefined });
    const session = await pool.createSession(tinyFiles()["decoder.onnx"]!, true);
    expect(session).toMatchObject({ inputNames: ["z"], outputNames: ["reconstruction", "logits"] });
    const run = (size: number) =>
      pool.queue(() =>
        session.run({ z: { data: new Float32Array(size), shape: [1, size] } }, ["logits"]),
      );
    const runs = await Promise.allSettled([run(2), run(3), run(2), run(2)]);
    expect(runs.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect((runs[1] as PromiseRejectedResult).reason.message).toContain("invalid dimensions");
    await session.release();
    await pool.close!();
  });

  test("of a graph that does not load end the attempt, and no worker stays", async () => {
    const source = heavy();
    const half = source.files["decoder.onnx"].slice(0, 300);
    source.files["decoder.onnx"] = half;
    source.manifest.variants.float32.decoder.bytes = half.length;
    source.manifest.variants.float32.decoder.sha256 = createHash("sha256")
      .update(half)
      .digest("hex");
    const load = loadVae(source, { provider: "cpu", workers: 2 });
    await expect(load).rejects.toThrow(ProviderError);
    await expect(load).rejects.toThrow("protobuf");
  });

  test("name the cpu provider when workers are asked for with another", async () => {
    const load = loadVae(TINY, { provider: "webgpu", workers: 2 });
    await expect(load).rejects.toThrow("Worker threads run the cpu provider only");
  });

  test("of a worker that has ended are typed, and reload mends the pool", async () => {
    const { vae, threads } = await openNoting({ workers: 1 });
    await threads[0]!.terminate();
    const error = await vae.decode(z).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RunError);
    const cause = { message: expect.stringContaining("worker thread ended") };
    expect(error).toMatchObject({ reason: "trap", cause });
    expect((error as Error).message).toContain("Call reload()");
    await vae.reload();
    expect((await vae.decode(z)).shape).toEqual([3, 4, 3, 1]);
  });
});

test("dispose of a model whose workers have ended has nothing left to do", async () => {
  const { vae, threads } = await openNoting({ workers: 2 });
  expect(threads).toHaveLength(2);
  await Promise.all(threads.map((thread) => thread.terminate()));
  await vae.dispose();
});

test("dispose waits for runs in flight and ends the workers", async () => {
  const vae = await loadVae(heavy(), { provider: "cpu", verify: false, workers: 2 });
  const runs = [vae.decode(z), vae.decode(z), vae.decode(z)];
  await vae.dispose();
  for (const run of runs) expect((await run).shape).toEqual([3, 4, 3, 1]);
  const handles = process.getActiveResourcesInfo().filter((name) => /worker/i.test(name));
  expect(handles).toEqual([]);
});
