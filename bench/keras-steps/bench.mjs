/**
 * `npm run bench:keras-steps`: the first steps of the config keras-conv-2 beside Keras on the same weights, batches and
 * noise, loss by loss; writes bench/results/keras-steps.md. What differs after that between two trainings is the seed.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "../../scripts/lib/bootstrap.mjs";
import { repository } from "../../scripts/lib/folders.mjs";
import { describeRun } from "../../scripts/lib/machine.mjs";
import { outputOf } from "../../scripts/lib/run.mjs";
import { tensorFlowStep } from "../../scripts/lib/setup-steps.mjs";
import { runMain, runSteps, SetupError } from "../../scripts/lib/steps.mjs";
import { installKeras, kerasFolder } from "../lib/keras.mjs";

/** By how much losses may differ, relatively, in so many steps: float32's rounding, which grows with them. */
const BOUNDS = { 1: 1e-6, 10: 1e-4, 100: 1e-2 };

const { values: options } = parseArgs({
  options: {
    steps: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    setup: { type: "boolean", default: true },
    out: { type: "string", default: join(repository, "bench", "results", "keras-steps.md") },
  },
  allowNegative: true,
});

await runMain(async () => {
  const kerasStep = { title: "Keras 3 with TensorFlow (2 GB, once)", run: installKeras };
  await runSteps([...(options.setup ? [...bootstrapSteps, tensorFlowStep] : []), kerasStep]);
  const folder = join(repository, "out", "keras-steps");
  mkdirSync(folder, { recursive: true });
  try {
    const { trainSteps } = await import("./train-steps.mjs"); // imports what the set-up built
    const ours = await trainSteps(folder, Number(options.steps), Number(options.seed));
    return record(ours, kerasSteps(folder)) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * @typedef {object} KerasLosses
 * @property {number[]} algorithm of Adam as Kingma and Ba's algorithm 1 has it
 * @property {number[]} own of Keras' Adam
 * @property {Record<string, string>} versions
 */

/** @param {string} folder of what `trainSteps` left @returns {KerasLosses} */
function kerasSteps(folder) {
  process.env.PYTHONPATH = kerasFolder;
  const script = join(dirname(fileURLToPath(import.meta.url)), "keras_steps.py");
  const output = outputOf("python3", [script, folder]);
  if (output === undefined) throw new SetupError(`python3 ${script} failed; see above.`);
  return JSON.parse(output);
}

/**
 * @param {readonly number[]} ours
 * @param {KerasLosses} keras
 */
function record(ours, { algorithm, own, versions }) {
  const differences = ours.map((loss, i) => {
    return Math.abs(loss / /** @type {number} */ (algorithm[i]) - 1);
  });
  const until = (/** @type {number} */ step) => Math.max(...differences.slice(0, step));
  const equal = Object.entries(BOUNDS).every(([steps, bound]) => until(Number(steps)) < bound);
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].filter((step) => step < ours.length);
  const rows = [...steps, ours.length].map((step) => {
    const shown = [ours, algorithm, own].map((losses) => Number(losses[step - 1]).toFixed(4));
    return `| ${[step, ...shown, until(step).toExponential(1)].join(" | ")} |`;
  });
  const bounds = Object.entries(BOUNDS).map(([steps, bound]) => `${bound} after ${steps}`);
  const verdict = `${equal ? "within" : "OUTSIDE"} the bounds ${bounds.join(", ")} steps`;
  console.log(`largest difference ${until(ours.length).toExponential(1)}, ${verdict}`);
  writeFileSync(
    options.out,
    `# keras-conv-2 beside Keras, step by step

${describeRun("npm run bench:keras-steps")}

The captured step of \`configs/keras-conv-2.json\`, and the net of the Keras example in Keras ${versions.keras} (TensorFlow
${versions.tensorflow}), all from the weights of seed ${options.seed}, on the same batches of 128 and the same noise: -ELBO of a step in nats an
image. The largest relative difference up to a step is that between vaeport and Keras with Adam as Kingma and Ba's
algorithm 1 has it: **${verdict}**; rounding grows with the steps. Keras' own Adam adds epsilon
before it corrects the bias, as their text after the algorithm allows, and so takes other first steps.

| step | vaeport | Keras, algorithm 1 | Keras, own Adam | largest difference |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
`,
  );
  return equal;
}
