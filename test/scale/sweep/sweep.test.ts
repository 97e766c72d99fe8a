/** A sweep under schedulers that exist: killed in the middle, every result is there once. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { provideCommand } from "../../../scripts/lib/debian.mjs";
import { installPackages } from "../../../scripts/lib/python-packages.mjs";
import { RayCluster } from "../ray/cluster.js";
import { record } from "../record.js";
import { SlurmCluster, slurmObstacle } from "./slurm.js";
import { EPOCHS, epochsOf, finished, hasBegun, TRAINING, writeSweep } from "./support.js";

const example = (path: string) =>
  fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "vaeport-sweep-"));
const results: string[][] = [];
afterAll(() => {
  rmSync(scratch, { recursive: true });
  record("sweep", "A sweep under schedulers, killed in the middle", results);
});

function folder(name: string): string {
  return mkdtempSync(join(scratch, `${name}-`));
}

/** Collects what a process prints, and its exit status. */
function follow(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      output += data;
    });
  }
  return new Promise((done) => child.once("exit", (code) => done({ code, output })));
}

function expectAllOnce(out: string, names: readonly string[]): void {
  expect(finished(out)).toEqual(names);
  for (const name of names) expect(epochsOf(join(out, name))).toBe(EPOCHS);
  expect(hasBegun(out)).toBe(false);
}

test("GNU parallel", async () => {
  await provideCommand("parallel", "parallel");
  const at = folder("it's parallel"); // any path will do
  const [sweep, out] = [writeSweep(at, 4), join(at, "out")];
  const start = () =>
    spawn(example("sweep/parallel.sh"), [sweep, out, "2"], {
      env: { ...process.env, ...TRAINING },
      detached: true,
    });
  const first = start();
  const ended = follow(first);
  while (first.exitCode === null && !hasBegun(out)) await sleep(20);
  // The script and parallel, with all that is in their process group; runs have groups of their own and go on.
  process.kill(-(first.pid as number), "SIGKILL");
  expect((await ended).code).toBeNull();
  const before = finished(out).length;
  expect(before).toBeLessThan(4);

  const second = await follow(start());
  expect(second).toMatchObject({ code: 0 });
  expect(second.output).toContain("4 of 4 runs done");
  expectAllOnce(out, ["000", "001", "002", "003"]);
  const log = readFileSync(join(out, "jobs.tsv"), "utf8").trim().split("\n").slice(1);
  expect(new Set(log.map((line) => line.split("\t")[0])).size).toBe(4);
  const logs = [0, 1, 2, 3].map((run) => readFileSync(join(out, `${run}.log`), "utf8")).join("");
  const outcomes = [...logs.matchAll(/^run \d+ {2}(\w+)/gm)].map(([, outcome]) => outcome);
  results.push(
    ["GNU parallel, runs", "4 of 4, each once"],
    ["finished when parallel was killed by SIGKILL", `${before}`],
    ["outcomes at the end", outcomes.join(", ")],
  );
});

test("Ray, a node killed", async () => {
  const at = folder("ray");
  const [sweep, out] = [writeSweep(at, 4), join(at, "out")];
  const cluster = await RayCluster.start(2);
  try {
    const driver = cluster.run(example("ray/sweep.py"), [sweep, out, "--cpus", "4"], TRAINING);
    while (driver.child.exitCode === null && !hasBegun(out)) await sleep(20);
    cluster.killNode();
    const before = finished(out).length;
    const ended = await driver.ended;
    expect(ended.output).toContain("0 to go");
    expect(ended.code).toBe(0);
    expectAllOnce(out, ["000", "001", "002", "003"]);
    results.push(
      ["Ray, runs", "4 of 4, each once"],
      ["finished when a node was killed", `${before}`],
    );
  } finally {
    await cluster.stop();
  }
});

test("the Kubernetes Job is what the schema of the API asks for", async () => {
  const PYTHONPATH = await installPackages("kubernetes", ["kubernetes-validate==1.37.0"]);
  const script = `
import sys, yaml, kubernetes_validate
job = yaml.safe_load(open(sys.argv[1]))
kubernetes_validate.validate(job, "1.33", strict=True)
job["spec"]["completionsMode"] = "Indexed"
try:
    kubernetes_validate.validate(job, "1.33", strict=True)
except kubernetes_validate.ValidationError:
    print("valid")
`;
  const args = ["-c", script, example("sweep/kubernetes-job.yaml")];
  const env = { ...process.env, PYTHONPATH };
  expect(execFileSync("python3", args, { env, encoding: "utf8" }).trim()).toBe("valid");
  results.push([
    "Kubernetes Indexed Job",
    "valid by the schema of 1.33 (kubernetes-validate 1.37.0)",
  ]);
});

const obstacle = slurmObstacle();
if (obstacle !== undefined) console.warn(`SKIPPED, a Slurm array: ${obstacle}.`);

test.skipIf(obstacle !== undefined)("Slurm, a node killed", async () => {
  const at = folder("slurm");
  const [sweep, out] = [writeSweep(at, 4), join(at, "out")];
  const cluster = await SlurmCluster.start(2);
  try {
    const script = example("sweep/slurm-array.sh");
    const job = cluster.submit(script, [sweep, out], { array: "0-3", cwd: at, env: TRAINING });
    let [lost] = cluster.tasksOnNewest();
    while (lost === undefined || !hasBegun(out, lost)) {
      await sleep(20);
      [lost] = cluster.tasksOnNewest();
    }
    cluster.killNode();
    const before = finished(out).length;
    const ended = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY"];
    while (!cluster.tasks(job).every(({ state }) => ended.includes(state))) await sleep(500);
    expectAllOnce(out, ["000", "001", "002", "003"]);
    const tasks = cluster.tasks(job).sort((a, b) => a.index - b.index);
    expect(tasks.map(({ restarts }) => restarts)).toEqual(
      [0, 1, 2, 3].map((index) => (index === lost ? 1 : 0)),
    );
    const log = readFileSync(join(at, `vaeport-sweep-${job}_${lost}.log`), "utf8");
    expect(log).toContain(`run ${lost}  resumed`);
    results.push(
      ["Slurm, tasks of the array", "4 of 4 completed, each once"],
      ["finished when a node was killed", `${before}`],
      ["requeued by Slurm, and gone on from its checkpoint", `task ${lost}`],
    );
  } finally {
    cluster.stop();
  }
});
