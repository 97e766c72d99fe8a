/**
 * `npm run bench:soak`: load, decode, dispose, 50 rounds on each provider; does memory grow after the tenth? ONNX
 * Runtime does the same without this package, as the control. Writes bench/results/soak.md (soak-webgpu.md for
 * `npm run bench:soak -- webgpu`); ends with 1 on growth.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "../../scripts/lib/bootstrap.mjs";
import { repository } from "../../scripts/lib/folders.mjs";
import { describeRun } from "../../scripts/lib/machine.mjs";
import { browserStep } from "../../scripts/lib/setup-steps.mjs";
import { runMain, runSteps } from "../../scripts/lib/steps.mjs";
import { assess, WARM } from "./growth.mjs";
import { soakNode } from "./node.mjs";

const MODEL = join(repository, "models", "mnist-dense-20");
const ROUNDS = 50;

/** Decodes of one image a round: 100 000 in all, 5000 where the GPU is emulated. cpu and cuda run in Node. */
const CASES = /** @type {const} */ ([
  { provider: "cpu", decodes: 2000 },
  { provider: "wasm", decodes: 2000 },
  { provider: "webgpu", decodes: 100 },
  { provider: "cuda", decodes: 2000 },
]);

const { values, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { "no-setup": { type: "boolean", default: false } },
});
/** Providers named on the command line; when none is, all that any machine has. */
const wanted = named.length > 0 ? named : ["cpu", "wasm", "webgpu"];

await runMain(async () => {
  if (!values["no-setup"]) await runSteps([...bootstrapSteps, browserStep]);
  const { soakBrowser } = await import("./browser.mjs");
  const rows = [];
  for (const { provider, decodes } of CASES) {
    if (!wanted.includes(provider)) continue;
    for (const who of /** @type {const} */ (["ours", "alone"])) {
      const started = performance.now();
      const request = { model: MODEL, who, rounds: ROUNDS, decodes };
      const series =
        provider === "cpu" || provider === "cuda"
          ? await soakNode({ ...request, provider })
          : await soakBrowser({ ...request, provider });
      const seconds = (performance.now() - started) / 1000;
      for (const memory of Object.keys(series[0] ?? {})) {
        const assessed = assess(series.map((round) => /** @type {number} */ (round[memory])));
        rows.push({ provider, who, memory, seconds, total: ROUNDS * decodes, ...assessed });
        console.log(line(rows.at(-1)));
      }
    }
  }
  record(rows);
  const grew = rows.filter(({ who, grows }) => who === "ours" && grows);
  return grew.length === 0 ? 0 : 1;
});

/** @typedef {ReturnType<typeof assess> & { provider: string, who: string, memory: string, seconds: number, total: number }} Row */

/** @param {Row | undefined} row */
function line(row) {
  if (row === undefined) return "";
  const megabytes = row.at.map((bytes) => (bytes / 1e6).toFixed(1)).join(" | ");
  const who = row.who === "ours" ? "@vaeport/infer" : "ONNX Runtime alone";
  const slope = (row.slope / 1000).toFixed(1);
  return `| ${row.provider} | ${who} | ${row.total} | ${row.memory} | ${megabytes} | ${slope} | ${row.grows ? "grows" : "no"} |`;
}

/** @param {Row[]} rows */
function record(rows) {
  const text = `# Soak

${describeRun(["npm run bench:soak", ...(named.length > 0 ? ["--", ...named] : [])].join(" "))}

${ROUNDS} rounds of load, decode image by image, dispose, with mnist-dense-20; memory in MB after a garbage collection at
the end of rounds 1, ${WARM}, 30 and ${ROUNDS}. Slope: the median over pairs of rounds after round ${WARM} (Theil-Sen), in kB a round.
Memory "grows" when that slope, over the ${ROUNDS - WARM} rounds, makes more than 2% and 2 MB. The browser is Chromium, its WebGPU
SwiftShader.

| provider | who | decodes | memory | 1 | ${WARM} | 30 | ${ROUNDS} | slope | growth |
| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |
${rows.map(line).join("\n")}
`;
  const name = ["soak", ...named].join("-");
  writeFileSync(join(repository, "bench", "results", `${name}.md`), text);
}
