/** The step as tf.js code, captured by @vaeport/train/graph; the first argument tells how many steps a call takes. */
import { loadTensorFlow } from "@vaeport/train/tensorflow";
import { serve } from "./serve.mjs";
import { shuffledRows } from "./setting.mjs";
import { stepProgram } from "./step-program.mjs";

const STEPS_PER_WINDOW = 12;

const stepsPerCall = Number(process.argv[2]);
const net = /** @type {import("../nets.mjs").NetName} */ (process.argv.at(-1));
const tf = await loadTensorFlow();
const { step, versions } = await stepProgram(tf, net);
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
