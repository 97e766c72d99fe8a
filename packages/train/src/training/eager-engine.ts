/** Steps operator by operator, in plain tf.js: slower, and the reference of the captured engine. */
import type { Optimizer, Tensor1D } from "@tensorflow/tfjs-node";
import { eagerEvaluator } from "../evaluation/evaluate.js";
import { gatherRows } from "../graph/index.js";
import type { Engine, EngineOptions } from "./engine.js";
import { stepLosses } from "./step.js";

export function createEagerEngine(options: EngineOptions): Engine {
  const { tf, vae, dataset, config } = options;
  const { learningRate, beta1, beta2, epsilon } = config.training.optimizer;
  const optimizer: Optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);

  /** Updates the weights; the step's terms are the caller's. */
  function update(rows: Int32Array, noise: Int32Array): Tensor1D {
    const images = gatherRows(tf, dataset.train, tf.tensor1d(rows, "int32"));
    const state = tf.tensor1d(noise, "int32");
    let terms: Tensor1D | undefined;
    const { grads } = tf.variableGrads(() => {
      const losses = stepLosses(options, config.objective.beta, images, state);
      terms = tf.keep(losses.terms);
      return losses.loss;
    }, vae.variables);
    optimizer.applyGradients(grads);
    return terms!;
  }

  return {
    step(rows, noise) {
      const terms = tf.tidy(() => update(rows, noise));
      const values = terms.dataSync<"float32">();
      terms.dispose();
      return values;
    },
    evaluator: eagerEvaluator({ tf, vae, config, images: dataset.test }),
    synchronise() {},
    dispose: () => optimizer.dispose(),
  };
}
