/**
 * `npm run bench:training`: times training steps of vaeport, PyTorch and plain tf.js beside each other, and writes
 * bench/results/training-<date>.md. See bench/README.md.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "../../scripts/lib/bootstrap.mjs";
import { repository } from "../../scripts/lib/folders.mjs";
import { tensorFlowStep } from "../../scripts/lib/setup-steps.mjs";
import { runMain, runSteps, SetupError } from "../../scripts/lib/steps.mjs";
import { installPyTorch } from "../lib/pytorch.mjs";

const pytorchStep = { title: "PyTorch (5 GB on Linux, once)", run: installPyTorch };

const { values: options } = parseArgs({
  options: {
    nets: { type: "string", default: "dense,conv" },
    variants: { type: "string" },
    rounds: { type: "string", default: "15" },
    seed: { type: "string", default: "1" },
    epochs: { type: "boolean", default: true },
    busy: { type: "boolean", default: false },
    "processor-time": { type: "boolean", default: false },
    setup: { type: "boolean", default: true },
    out: { type: "string" },
  },
  allowNegative: true,
});

const processorTime = options["processor-time"];
if (processorTime) process.env.BENCH_THREADS = "1"; // threads that wait for each other spin

await runMain(async () => {
  await runSteps([...(options.setup ? [...bootstrapSteps, tensorFlowStep] : []), pytorchStep]);
  // These import what the set-up built.
  const [{ measure }, { report }, { NETS }, { VARIANTS }] = await Promise.all([
    import("./measure.mjs"),
    import("./report.mjs"),
    import("./nets.mjs"),
    import("./variants.mjs"),
  ]);
  const nets = /** @type {import("./nets.mjs").NetName[]} */ (
    among("nets", options.nets, Object.keys(NETS))
  );
  const names = VARIANTS.map(({ name }) => name);
  const wanted = [VARIANTS[0].name, ...among("variants", options.variants ?? names.join(), names)];
  const { epochs, busy } = options;
  const rounds = integer("rounds", options.rounds, 1);
  const seed = integer("seed", options.seed, 0);

  const measurements = [];
  for (const net of nets) {
    const variants = VARIANTS.filter((v) => wanted.includes(v.name) && v.nets.includes(net));
    const log = (/** @type {string} */ line) => console.log(`${net}  ${line}`);
    const results = await measure(net, variants, {
      rounds,
      epochs,
      busy,
      processorTime,
      seed,
      log,
    });
    measurements.push({ net, results });
  }
  const date = new Date().toISOString().slice(0, 10);
  const command = ["npm run bench:training --", ...process.argv.slice(2)].join(" ");
  const text = report(measurements, { date, command, rounds, seed, processorTime });
  const file = options.out ?? join(repository, "bench", "results", `training-${date}.md`);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  console.log(`\n${text}\nWritten to ${relative(process.cwd(), file)}`);
});

/**
 * The names of a comma-separated list.
 *
 * @param {string} option
 * @param {string} list
 * @param {readonly string[]} allowed
 */
function among(option, list, allowed) {
  const names = list.split(",");
  const unknown = names.filter((name) => !allowed.includes(name));
  if (unknown.length === 0) return names;
  throw new SetupError(
    `--${option}: ${unknown.join(", ")} is not known; choose from ${allowed.join(", ")}.`,
  );
}

/**
 * @param {string} option
 * @param {string} text
 * @param {number} least
 */
function integer(option, text, least) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new SetupError(`--${option}: "${text}" is not an integer from ${least} on.`);
}
