/** Steps operator by operator, in plain tf.js: slower, and the reference of the captured engine. */
import type { Optimizer, Tensor, Variable } from "@tensorflow/tfjs-node";
import { eagerEvaluator } from "../evaluation/evaluate.js";
import type { Engine, EngineOptions, Step } from "./engine.js";
import { namedState, toTensors, valuesOf } from "./engine-state.js";
import { clipByGlobalNorm, globalNorm } from "./gradients.js";
import { gatherBatch, itemsOf } from "./item-source.js";
import { stepLosses } from "./step.js";
import { moveAverage } from "./weight-average.js";

const SLOT = "adam/slot_";
const slotName = (index: number) => `${SLOT}${index}`;

export function createEagerEngine(options: EngineOptions): Engine {
  const { tf, vae, dataset, config, average } = options;
  const { gradientClip } = config.training;
  const { learningRate, beta1, beta2, epsilon } = config.training.optimizer;
  const optimizer: Optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);

  // tf.js would recompute the powers of the decay rates on restoring, and round them otherwise.
  const powers = optimizer as unknown as Record<"accBeta1" | "accBeta2", Variable>;
  const rate = optimizer as unknown as { learningRate: number };
  const named = namedState(vae, average);
  const items = itemsOf(tf, vae, dataset);

  /** Updates the weights; returns the step's terms and the norm of its gradients, which are the caller's. */
  function update({ rows, noise, weights, learningRate, averageDecay }: Step): Tensor[] {
    if (average) moveAverage(tf, average, vae, tf.scalar(averageDecay));
    const batch = gatherBatch(tf, items.train, tf.tensor1d(rows, "int32"));
    const state = tf.tensor1d(noise, "int32");
    let terms: Tensor | undefined;
    const { grads } = tf.variableGrads(() => {
      const [beta, capacity] = [tf.scalar(weights.beta), tf.scalar(weights.capacity)];
      const losses = stepLosses(options, batch, state, { beta, capacity });
      terms = tf.keep(losses.terms);
      return losses.loss;
    }, vae.variables);
    const norm = globalNorm(tf, grads);
    rate.learningRate = learningRate;
    optimizer.applyGradients(
      gradientClip === undefined ? grads : clipByGlobalNorm(tf, grads, gradientClip),
    );
    return [terms!, norm];
  }

  return {
    stepsPerCall: 1,
    train: (steps) =>
      steps.map((step) => {
        const tensors = tf.tidy(() => update(step));
        const [terms, norm] = tensors.map((tensor) => tensor.dataSync<"float32">());
        tf.dispose(tensors);
        return { terms: terms!, gradientNorm: norm![0]! };
      }),
    moveAverage(decay) {
      if (average) tf.tidy(() => moveAverage(tf, average, vae, tf.scalar(decay)));
    },
    evaluator: eagerEvaluator({ tf, vae: average ?? vae, config, ...items.test }),
    synchronise() {},
    async state() {
      const slots = await optimizer.getWeights();
      const state = valuesOf({
        ...Object.fromEntries(named),
        ...Object.fromEntries(slots.map(({ tensor }, i) => [slotName(i), tensor])),
        "adam/beta1": powers.accBeta1,
        "adam/beta2": powers.accBeta2,
      });
      slots[0]?.tensor.dispose(); // the count of steps, made for the caller
      return state;
    },
    async restore(state) {
      const tensors = toTensors(tf, state);
      try {
        for (const [name, variable] of named) variable.assign(tensors[name]!);
        const slots = Object.keys(tensors).filter((name) => name.startsWith(SLOT));
        await optimizer.setWeights(
          slots.map((_, i) => ({ name: slotName(i), tensor: tensors[slotName(i)]! })),
        );
        powers.accBeta1.assign(tensors["adam/beta1"]!);
        powers.accBeta2.assign(tensors["adam/beta2"]!);
      } finally {
        tf.dispose(tensors);
      }
    },
    dispose() {
      optimizer.dispose();
      tf.dispose([items.train.label, items.test.label].filter((label) => label !== undefined));
    },
  };
}
