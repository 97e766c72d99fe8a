/** tf.js as its users write it: tf.gather, tf.randomNormal, tf.variableGrads and tf.train.adam. */
import { elboTerms, objective } from "@vaeport/train";
import { BATCH } from "../nets.mjs";
import { serve } from "./serve.mjs";
import { loadSetting, shuffledRows } from "./setting.mjs";

const LOG_EVERY = /** @type {Record<string, number>} */ ({ dense: 12, conv: 2 });

const { net, tf, config, dataset, vae, versions } = await loadSetting();
const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);

/** @param {Int32Array} rows */
function step(rows) {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => {
      const x = tf.gather(dataset.train, tf.tensor1d(rows, "int32"));
      const noise = tf.randomNormal([1, BATCH, config.latent.size]);
      const terms = elboTerms(tf, vae, { x }, /** @type {any} */ (noise), true);
      const weights = { beta: tf.scalar(1), capacity: tf.scalar(0) };
      return objective(tf, config.objective, terms, weights);
    }, vae.variables);
    optimizer.applyGradients(/** @type {any} */ (grads));
    return value;
  });
}

async function* train() {
  const steps = LOG_EVERY[net] ?? 1;
  /** @type {ReturnType<typeof step>[]} */
  let losses = [];
  for (const rows of shuffledRows(tf, 1)) {
    losses.push(step(rows));
    if (losses.length < steps) continue;
    const mean = tf.tidy(() => tf.mean(tf.stack(losses)));
    yield { steps, loss: /** @type {number} */ (mean.dataSync()[0]) };
    tf.dispose([mean, ...losses]);
    losses = [];
  }
}

await serve(train(), versions);
