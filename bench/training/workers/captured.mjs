/** The step as tf.js code, captured by @vaeport/train/graph; its first argument tells how many steps a call takes. */
import { elboTerms, objective } from "@vaeport/train";
import { adam, gatherRows, Program, randomStream } from "@vaeport/train/graph";
import { BATCH } from "../nets.mjs";
import { serve } from "./serve.mjs";
import { loadSetting, shuffledRows } from "./setting.mjs";

const STEPS_PER_WINDOW = 12;

const stepsPerCall = Number(process.argv[2]);
const { tf, config, dataset, vae, likelihood, versions } = await loadSetting();

const images = tf.variable(dataset.train, false, "images");
dataset.dispose();
const random = randomStream(tf, { seed: 1, name: "noise" });

const program = new Program(tf);
const step = program.train(
  "step",
  (rows) => {
    const x = gatherRows(tf, images, /** @type {any} */ (rows));
    const noise = random.normal([rows.size, config.latent.size]);
    const terms = elboTerms(tf, vae, likelihood, x, /** @type {any} */ (noise), true);
    return objective(tf, terms, 1);
  },
  [tf.zeros([BATCH], "int32")],
  { variables: vae.variables, optimizer: adam({ learningRate: 1e-3 }) },
);
const call = stepsPerCall === 1 ? step : step.repeat(stepsPerCall);

async function* train() {
  const callsPerWindow = Math.ceil(STEPS_PER_WINDOW / stepsPerCall);
  let losses = [];
  for (const rows of shuffledRows(tf, stepsPerCall)) {
    losses.push(...call.values(rows));
    if (losses.length < callsPerWindow * stepsPerCall) continue;
    yield { steps: losses.length, loss: losses.reduce((a, b) => a + b) / losses.length };
    losses = [];
  }
}

await serve(train(), versions);
