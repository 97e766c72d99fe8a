/**
 * `npm run bench:large [rounds] [folder]`: a 1 GB model of four 256 MB weights, to files of its own; writes
 * bench/results/large-model.md. In a folder in memory, such as /dev/shm, no disk blurs what is compared.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../scripts/lib/folders.mjs";
import { describeRun } from "../../scripts/lib/machine.mjs";
import { summarise } from "../lib/statistics.mjs";
import { runExport, timeCopy, writeModel } from "./measure.mjs";

const [rounds = "5", parent = tmpdir()] = process.argv.slice(2);
const ROUNDS = Number(rounds);
const median = (/** @type {number[]} */ values) => summarise(values).median;
/** @typedef {import("./measure.mjs").Run & { copy: number }} Run with the seconds of the copy behind it */
const folder = mkdtempSync(join(parent, "vaeport-large-"));
try {
  const weights = writeModel(join(folder, "model"), 8192, 4);
  const target = join(folder, "model.onnx");
  const runs = { memory: /** @type {Run[]} */ ([]), shards: /** @type {Run[]} */ ([]) };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of /** @type {const} */ (["memory", "shards"])) {
      const run = runExport(kind, join(folder, "model"), target);
      runs[kind].push({ ...run, copy: timeCopy(`${target}.data`, join(folder, "copy")) });
    }
  }
  const copy = median(
    Object.values(runs)
      .flat()
      .map((run) => run.copy),
  );
  const row = (/** @type {"memory" | "shards"} */ kind) => {
    const added = median(runs[kind].map(({ before, peak }) => (peak - before) / weights));
    const seconds = median(runs[kind].map((run) => run.seconds));
    const ratio = median(runs[kind].map((run) => run.seconds / run.copy));
    return `${added.toFixed(2)} | ${seconds.toFixed(2)} | ${ratio.toFixed(2)}`;
  };
  const report = `# A large model to ONNX

${describeRun(["npm run bench:large", ...process.argv.slice(2)].join(" "))} Medians of ${ROUNDS} rounds, exports and copies in turn, each export in a process of its own.

Four dense layers of 256 MB each, ${weights.toLocaleString("en")} bytes of weights, external data of ${statSync(`${target}.data`).size.toLocaleString("en")} bytes.

| from | memory added, of the weights | seconds | of a file copy |
| --- | --- | --- | --- |
| a loaded model | ${row("memory")} |
| model.json, shards streamed | ${row("shards")} |
| (copy of the data file) | | ${copy.toFixed(2)} | 1 |

Exports and copies write new files; neither waits for the disk (no fsync), and a ratio is that to the copy right behind
the export. "Memory added" is the highest resident set during the export less that before it. Bounds: 0.3 for a loaded model, 1.3 from shards, twice a copy.
`;
  writeFileSync(join(repository, "bench", "results", "large-model.md"), report);
  console.log(report);
} finally {
  rmSync(folder, { recursive: true });
}
