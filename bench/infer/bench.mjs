/**
 * `npm run bench:infer`: what the inference package costs and gives, beside raw ONNX Runtime, tfjs-node, Python's ONNX
 * Runtime and PyTorch. Each section writes bench/results/infer-<section>.md.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "../../scripts/lib/bootstrap.mjs";
import { repository } from "../../scripts/lib/folders.mjs";
import { describeRun } from "../../scripts/lib/machine.mjs";
import { browserStep, refereeStep, tensorFlowStep } from "../../scripts/lib/setup-steps.mjs";
import { runMain, runSteps, SetupError } from "../../scripts/lib/steps.mjs";
import { installPyTorch } from "../lib/pytorch.mjs";

/** @typedef {{ rounds: number, seconds: number }} Settings rounds of the turns; seconds of the load */
/** @typedef {(settings: Settings) => Promise<string>} Section gives Markdown */

/** @type {Record<string, () => Promise<Section>>} */
const SECTIONS = {
  overhead: async () => (await import("./overhead.mjs")).overhead,
  speed: async () => (await import("./speed.mjs")).speed,
  "cold-start": async () => (await import("./cold-start.mjs")).coldStart,
  browser: async () => (await import("./browser.mjs")).browser,
  load: async () => (await import("./load.mjs")).load,
  rows: async () => (await import("./rows.mjs")).rows,
  gpu: async () => (await import("./gpu.mjs")).gpu,
};

/** Those that any machine can run. */
const USUAL = ["overhead", "speed", "cold-start", "browser", "load", "rows"];

/** One thread for every engine: the ratio is then that of the code, not of the scheduler. TensorFlow reads these. */
process.env.TF_NUM_INTRAOP_THREADS = "1";
process.env.TF_NUM_INTEROP_THREADS = "1";

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "15" },
      seconds: { type: "string", default: "60" },
      "no-setup": { type: "boolean", default: false },
    },
  });
  const names = positionals.length === 0 ? USUAL : positionals;
  const unknown = names.find((name) => !(name in SECTIONS));
  if (unknown !== undefined) {
    throw new SetupError(
      `expected sections of ${Object.keys(SECTIONS).join(", ")}; got ${unknown}`,
    );
  }
  if (!values["no-setup"]) {
    await runSteps([
      ...bootstrapSteps,
      tensorFlowStep,
      browserStep,
      refereeStep,
      { title: "PyTorch (5 GB, once)", run: installPyTorch },
    ]);
  }
  const settings = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
  for (const name of names) {
    const section = await /** @type {() => Promise<Section>} */ (SECTIONS[name])();
    const text = await section(settings);
    const [title, ...rest] = text.split("\n");
    const waiting = /** @type {number} */ (loadavg()[1]).toFixed(1);
    const file = join(repository, "bench", "results", `infer-${name}.md`);
    const head = describeRun(`npm run bench:infer -- ${name}`);
    const load = `Mean load over the last 5 minutes: ${waiting}; what is above 1 was other programs.`;
    writeFileSync(file, `${title}\n\n${head}\n${load}\n${rest.join("\n")}\n`);
    console.log(text);
  }
});
