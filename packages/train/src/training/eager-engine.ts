/** Steps operator by operator, in plain tf.js: slower, and the reference of the captured engine. */
import type { Optimizer, Tensor1D, Variable } from "@tensorflow/tfjs-node";
import { eagerEvaluator } from "../evaluation/evaluate.js";
import { gatherRows } from "../graph/index.js";
import type { Batch, Engine, EngineOptions } from "./engine.js";
import { namedWeights, toTensors, valuesOf } from "./engine-state.js";
import { stepLosses } from "./step.js";

const SLOT = "adam/slot_";
const slotName = (index: number) => `${SLOT}${index}`;

export function createEagerEngine(options: EngineOptions): Engine {
  const { tf, vae, dataset, config } = options;
  const { learningRate, beta1, beta2, epsilon } = config.training.optimizer;
  const optimizer: Optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);

  // tf.js would recompute the powers of the decay rates on restoring, and round them otherwise.
  const powers = optimizer as unknown as Record<"accBeta1" | "accBeta2", Variable>;
  const weights = namedWeights(vae);

  /** Updates the weights; the step's terms are the caller's. */
  function update({ rows, noise }: Batch): Tensor1D {
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
    stepsPerCall: 1,
    train: (batches) =>
      batches.map((batch) => {
        const terms = tf.tidy(() => update(batch));
        const values = terms.dataSync<"float32">();
        terms.dispose();
        return values;
      }),
    evaluator: eagerEvaluator({ tf, vae, config, images: dataset.test }),
    synchronise() {},
    async state() {
      const slots = await optimizer.getWeights();
      const state = valuesOf({
        ...Object.fromEntries(weights),
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
        for (const [name, variable] of weights) variable.assign(tensors[name]!);
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
    dispose: () => optimizer.dispose(),
  };
}
