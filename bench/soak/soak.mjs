/**
 * `npm run bench:soak`: load, decode, dispose, 50 rounds or more on each provider; does memory grow after the tenth? ONNX
 * Runtime does the same without this package, as the control. Writes bench/results/soak.md (soak-webgpu.md for
 * `npm run bench:soak -- webgpu`); ends with 1 where this package grows more than the control.
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

/**
 * Rounds, and decodes of one image in each: 100 000 in all, 5000 where the GPU is emulated. cpu and cuda run in Node, whose
 * resident memory moves by some MB within hundreds of rounds: more of them tell growth from that.
 */
const CASES = /** @type {const} */ ([
  { provider: "cpu", rounds: 1000, decodes: 100 },
  { provider: "wasm", rounds: 50, decodes: 2000 },
  { provider: "webgpu", rounds: 50, decodes: 100 },
  { provider: "cuda", rounds: 1000, decodes: 100 },
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
  for (const { provider, rounds, decodes } of CASES) {
    if (!wanted.includes(provider)) continue;
    /** What ONNX Runtime alone grows by is its own. @type {Record<string, number>} */
    const own = {};
    for (const who of /** @type {const} */ (["alone", "ours"])) {
      const started = performance.now();
      const request = { model: MODEL, who, rounds, decodes };
      const series =
        provider === "cpu" || provider === "cuda"
          ? await soakNode({ ...request, provider })
          : await soakBrowser({ ...request, provider });
      const seconds = (performance.now() - started) / 1000;
      for (const memory of Object.keys(series[0] ?? {})) {
        const bytes = series.map((round) => /** @type {number} */ (round[memory]));
        const assessed = assess(bytes, own[memory]);
        if (who === "alone") own[memory] = Math.max(0, assessed.growth);
        rows.push({ provider, who, memory, seconds, rounds, decodes, ...assessed });
        console.log(line(rows.at(-1)));
      }
    }
  }
  record(rows);
  const grew = rows.filter(({ who, grows }) => who === "ours" && grows);
  return grew.length === 0 ? 0 : 1;
});

/** @typedef {ReturnType<typeof assess> & { provider: string, who: string, memory: string, seconds: number, rounds: number, decodes: number }} Row */

/** @param {Row | undefined} row */
function line(row) {
  if (row === undefined) return "";
  const megabytes = row.at.map((bytes) => (bytes / 1e6).toFixed(1)).join(" | ");
  const who = row.who === "ours" ? "@vaeport/infer" : "ONNX Runtime alone";
  const slope = (row.slope / 1000).toFixed(1);
  return `| ${row.provider} | ${who} | ${row.rounds} of ${row.decodes} | ${row.memory} | ${megabytes} | ${slope} | ${row.grows ? "grows" : "no"} |`;
}

/** @param {Row[]} rows */
function record(rows) {
  const text = `# Soak

${describeRun(["npm run bench:soak", ...(named.length > 0 ? ["--", ...named] : [])].join(" "))}

Rounds of load, decode image by image, dispose, with mnist-dense-20; memory in MB after a garbage collection at the end of
the first, the ${WARM}th, the middle and the last one. Slope: the median over pairs of rounds after the ${WARM}th (Theil-Sen), in kB
a round. Memory "grows" when that slope, over those rounds, makes more than 2% and 2 MB; this package's, where it does so
beyond that of ONNX Runtime alone. The browser is Chromium, its WebGPU SwiftShader.

| provider | who | rounds of decodes | memory | first | ${WARM}th | middle | last | slope | growth |
| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |
${rows.map(line).join("\n")}
`;
  const name = ["soak", ...named].join("-");
  writeFileSync(join(repository, "bench", "results", `${name}.md`), text);
}
