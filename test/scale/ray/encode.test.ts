/** The Ray Data job of examples/ray on a real cluster whose actor, node and driver are killed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { loadVae } from "@vaeport/infer";
import { seededUint32 } from "@vaeport/infer/random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { record } from "../record.js";
import { RayCluster, runWithRay } from "./cluster.js";

const JOB = fileURLToPath(new URL("../../../examples/ray/encode.py", import.meta.url));
const MODEL = fileURLToPath(new URL("../../../models/mnist-dense-20", import.meta.url));
const ROWS = 30_000;
const FILES = 60;
const SIZE = 784;

/** Raw pixels to a parquet dataset of many files; and a result's rows, in order of their ids, to raw float32. */
const MAKE_DATASET = `
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
source, target, size, files = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
pixels = np.fromfile(source, np.uint8).reshape(-1, size)
for number, part in enumerate(np.array_split(np.arange(len(pixels)), files)):
    rows = pa.table({"id": part, "image": [pixels[row].tobytes() for row in part]})
    pq.write_table(rows, f"{target}/{number:03}.parquet")
`;
const READ_RESULT = `
import sys, numpy as np, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1]).sort_by("id")
ids = table["id"].to_numpy()
columns = [np.stack(table[name].to_numpy()).reshape(len(ids), -1) for name in ["mean", "log_variance", "distortion", "rate"]]
np.hstack(columns).astype("<f4").tofile(sys.argv[2])
print(len(ids), len(np.unique(ids)), ids.min(), ids.max())
`;

describe("the Ray Data job", () => {
  const scratch = mkdtempSync(join(tmpdir(), "vaeport-ray-"));
  const at = (...parts: string[]) => join(scratch, ...parts);
  const pixels = new Uint8Array(seededUint32(1, (ROWS * SIZE) / 4).buffer);
  const results: string[][] = [];
  let cluster: RayCluster;

  beforeAll(async () => {
    mkdirSync(at("images"));
    writeFileSync(at("pixels"), pixels);
    await runWithRay(MAKE_DATASET, [at("pixels"), at("images"), String(SIZE), String(FILES)]);
    cluster = await RayCluster.start(2);
  }, 900_000);

  afterAll(async () => {
    await cluster?.stop();
    rmSync(scratch, { recursive: true });
    record("ray", "A Ray Data job on a local cluster (Ray 2.60, a head and two nodes)", results);
  });

  const written = () => {
    if (!existsSync(at("encoded"))) return 0;
    return readdirSync(at("encoded")).filter((file) => file.endsWith(".parquet")).length;
  };

  async function until(condition: () => boolean, ended: () => boolean): Promise<void> {
    while (!condition()) {
      if (ended()) throw new Error("The job ended too early to be killed; give it more rows.");
      await sleep(20);
    }
  }

  test("survives the end of an actor, of a node and of the driver, and every row is there once", async () => {
    const args = [MODEL, at("images"), at("encoded"), "--batch", "64", "--block", "200000"];
    const started = performance.now();
    const first = cluster.run(JOB, args);
    const ended = () => first.child.exitCode !== null;
    await until(() => written() >= 3, ended);
    const actors = cluster.processes(/^ray::.*Encoder/);
    expect(actors.length).toBeGreaterThan(0);
    process.kill(actors[0]!.pid, "SIGKILL");
    const afterActor = written();
    await until(() => written() >= afterActor + 5, ended);
    cluster.killNode();
    const afterNode = written();
    await until(() => written() >= afterNode + 5, ended);
    first.child.kill("SIGKILL");
    expect(await first.ended).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(existsSync(at("encoded", "_SUCCESS"))).toBe(false);
    const before = written();

    // Ray takes half a minute to notice that a node is dead, and fails what it places there meanwhile.
    let starts = 2;
    let last = await cluster.run(JOB, args).ended;
    for (; last.code !== 0 && /its node has died/.test(last.output) && starts < 5; starts++) {
      last = await cluster.run(JOB, args).ended;
    }
    expect(last.output).toContain(`${ROWS} rows`);
    expect(last.code).toBe(0);
    const seconds = (performance.now() - started) / 1000;
    expect(JSON.parse(readFileSync(at("encoded", "_SUCCESS"), "utf8"))).toEqual({ rows: ROWS });

    const counts = await runWithRay(READ_RESULT, [at("encoded"), at("result")]);
    expect(counts.trim()).toBe(`${ROWS} ${ROWS} 0 ${ROWS - 1}`);
    const largest = await largestError(at("result"));
    results.push(
      ["rows, ids, files", `${ROWS}, ${ROWS} unique, ${written()}`],
      ["killed by SIGKILL", `an actor, a node, the driver (with ${before} files written)`],
      ["starts of the driver", String(starts)],
      ["largest error against @vaeport/infer", largest.toExponential(1)],
      ["rows per second, kills and starts included", (ROWS / seconds).toFixed(0)],
    );
    expect(largest).toBeLessThanOrEqual(1e-5);
  });

  /** Against the library, as a share of the largest value of each output where that is above 1. */
  async function largestError(file: string): Promise<number> {
    await using vae = await loadVae(MODEL, { provider: "cpu", maxBatch: 64 });
    const started = performance.now();
    const { mean, logVariance } = await vae.encode(pixels);
    const { distortion, rate } = await vae.score(pixels, { samples: 0 });
    const seconds = (performance.now() - started) / 1000;
    results.push(["rows per second of @vaeport/infer in one process", (ROWS / seconds).toFixed(0)]);
    const rows = new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
    const expected = [mean.data, logVariance.data, distortion, rate];
    let start = 0;
    const errors = expected.map((values) => {
      const width = values.length / ROWS;
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      const error = values.reduce((worst, value, i) => {
        const got = rows[Math.floor(i / width) * 42 + start + (i % width)] ?? Number.NaN;
        return Math.max(worst, Math.abs(got - value));
      }, 0);
      start += width;
      return error / most;
    });
    return Math.max(...errors);
  }

  test("does nothing where the result is whole, and says what is missing", async () => {
    const again = await cluster.run(JOB, [MODEL, at("images"), at("encoded")]).ended;
    expect(again).toMatchObject({
      code: 0,
      output: expect.stringMatching(/_SUCCESS is there: nothing to do/),
    });
    const args = [MODEL, at("images"), at("other"), "--id", "key"];
    const missing = await cluster.run(JOB, args).ended;
    expect(missing.code).toBe(1);
    expect(missing.output).toMatch(/images has no column key, but \['id', 'image'\]/);
    expect(existsSync(at("other"))).toBe(false);
  });
});
