/**
 * `npm run quickstart`: the whole way once. Trains on MNIST, exports to ONNX, runs the models on
 * every runtime of this machine, compares the numbers, and leaves pictures in out/quickstart.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { command } from "./lib/commands.mjs";
import { repository } from "./lib/folders.mjs";
import { browserStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

const out = join(repository, "out", "quickstart");

const MODELS = [
  { name: "dense", config: "mnist-dense-20", folder: out },
  { name: "conv", config: "quickstart-conv", folder: join(out, "conv") },
];

const BATCH_SIZES = [1, 3, 64];

await runMain(async () => {
  await runSteps([...bootstrapSteps, tensorFlowStep, optional(browserStep)]);
  rmSync(out, { recursive: true, force: true });
  const started = performance.now();
  for (const model of MODELS) await trainAndExport(model);
  const agree = await measureParity();
  collectPictures();
  sayWhatIsThere((performance.now() - started) / 1000);
  return agree ? 0 : 1;
});

/**
 * The quickstart goes on without a browser; its rows then say why they are missing.
 *
 * @param {typeof browserStep} step
 */
function optional(step) {
  return {
    ...step,
    run: async () => {
      try {
        return await step.run();
      } catch (error) {
        return `going on without it. ${/** @type {Error} */ (error).message}`;
      }
    },
  };
}

/** @param {typeof MODELS[number]} model */
async function trainAndExport({ config, folder }) {
  const configFile = join(repository, "packages", "train", "configs", `${config}.json`);
  const runFolder = join(folder, "run");
  await command("train", ["train", configFile, "-o", runFolder]);
  await command("export", ["vae", runFolder, "-o", join(folder, "model")]);
}

async function measureParity() {
  const parity = await import("@vaeport/test/parity");
  console.log("\nThe same models on every runtime, against tfjs-node's own numbers");
  const machine = await parity.availableRuntimes();
  /** @type {import("@vaeport/test/parity").ParityRow[]} */
  const rows = [];
  try {
    for (const { name, folder } of MODELS) {
      const references = await parity.referenceFromRun(join(folder, "run"), BATCH_SIZES);
      const model = { name, folder: join(folder, "model") };
      for (const runtime of machine.runtimes) {
        console.log(`  ${name} on ${runtime.name}`);
        rows.push(await parity.measureParity(model, references, runtime));
      }
      rows.push(
        ...machine.missing.map(({ runtime, reason }) => ({
          model: name,
          runtime,
          differences: [],
          missing: reason,
        })),
      );
    }
  } finally {
    await machine.close();
  }
  writeFileSync(join(out, "parity.json"), `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\nLargest error per graph, over batches of ${BATCH_SIZES.join(", ")}`);
  console.log(`(ulp: in units in the last place of the tensor's largest value)\n`);
  console.log(parity.formatParityTable(rows));
  return rows.every((row) => row.missing || parity.isWithinTolerance(row));
}

function collectPictures() {
  for (const { name, folder } of MODELS) {
    const target = join(out, "pictures", name);
    mkdirSync(target, { recursive: true });
    cpSync(join(folder, "run", "pictures"), target, { recursive: true });
  }
}

/** @param {number} seconds */
function sayWhatIsThere(seconds) {
  const path = relative(process.cwd(), out) || ".";
  console.log(`
Done in ${Math.round(seconds)} s. In ${path}:
  pictures/    samples, reconstructions beside their originals, training curve
  model/       the dense model: encoder.onnx, decoder.onnx, score.onnx, vae.json (conv/model: the conv net)
  run/         what training wrote: config, metrics, tf.js models
  parity.json  every number of the table

Next:
  packages/infer/README.md   use ${path}/model in a web app or in Node
  packages/train/README.md   change packages/train/configs/mnist-dense-20.json and train your own
  packages/export/README.md  export a tf.js model that you have`);
}
