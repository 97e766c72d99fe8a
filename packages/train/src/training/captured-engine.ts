/** Steps and evaluations as TensorFlow graphs, captured from the code that the eager engine runs. */
import type { NamedTensorMap, Scalar, Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import { EVALUATION_BATCH } from "../evaluation/evaluate.js";
import { adam, Program } from "../graph/index.js";
import type { Engine, EngineOptions, Step } from "./engine.js";
import { takeValues, toTensors, weightNames } from "./engine-state.js";
import { clipByGlobalNorm, globalNorm } from "./gradients.js";
import { itemSource, itemsOf } from "./item-source.js";
import type { StepReport } from "./losses.js";
import { batchTerms, stepLosses } from "./step.js";
import { moveAverage } from "./weight-average.js";

/** Name of the training step, which opens the names of the optimizer's variables. */
const STEP = "step";

/**
 * Several steps run as one graph save most of a call's cost, about a millisecond, and overlap: a fifth of a dense step.
 * Convolutions gain nothing by it and lose 10 % (bench/results).
 */
const STEPS_PER_CALL = 12;

/** In a shorter training that graph would not make up for the second that its compilation takes. */
const WORTHWHILE_STEPS = 1000;

/** One program over the weights: a training step, and the measurement of a held-out batch. */
export function createCapturedEngine(options: EngineOptions): Engine {
  const { tf, vae, dataset, config, average } = options;
  const { batchSize, optimizer, gradientClip, residentMegabytes } = config.training;
  const items = itemsOf(tf, vae, dataset);
  const train = itemSource(tf, items.train, residentMegabytes);
  const test = itemSource(tf, items.test, residentMegabytes);
  const program = new Program(tf);
  const learningRate = tf.tidy(() => tf.variable(tf.scalar(optimizer.learningRate), false));
  const names = new Map([...weightNames(vae, average), [learningRate.name, "learning_rate"]]);
  const noiseExample = tf.tensor1d([0, 0], "int32");
  const scalar = tf.scalar(1);
  const trainExamples = train.examples(Math.min(batchSize, dataset.train.shape[0]));
  const testExamples = test.examples(Math.min(EVALUATION_BATCH, dataset.test.shape[0]));

  const settings = [scalar, scalar, scalar, scalar];
  const step = program.train(
    STEP,
    (noise: Tensor, ...[beta, capacity, rate, decay, ...inputs]: Tensor[]) => {
      learningRate.assign(rate as Scalar);
      if (average) moveAverage(tf, average, vae, decay as Scalar);
      const weights = { beta: beta as Scalar, capacity: capacity as Scalar };
      return stepLosses(options, train.batch(inputs), noise as Tensor1D, weights);
    },
    [noiseExample, ...settings, ...trainExamples],
    {
      variables: vae.variables,
      optimizer: adam({ ...optimizer, learningRate }),
      variableBatch: true,
      observeGradients: (gradients) => ({ gradientNorm: globalNorm(tf, gradients) }),
      ...(gradientClip !== undefined && {
        transformGradients: (gradients) => clipByGlobalNorm(tf, gradients, gradientClip),
      }),
    },
  );
  const averaging =
    average &&
    program.capture(
      "average",
      (decay: Scalar) => {
        moveAverage(tf, average, vae, decay);
        return [];
      },
      [scalar],
    );
  const measure = program.capture(
    "measure",
    (noise: Tensor, ...inputs: Tensor[]) => {
      const model = { ...options, vae: average ?? vae };
      const terms = batchTerms(model, test.batch(inputs), noise as Tensor1D);
      return { distortion: terms.distortion, rates: terms.rates, mean: terms.posterior.mean };
    },
    [noiseExample, ...testExamples],
    { variableBatch: true },
  );
  tf.dispose([noiseExample, scalar, ...trainExamples, ...testExamples]);

  const stepsPerCall = severalPay(options) ? STEPS_PER_CALL : 1;
  const firstLent = settings.length + 2; // behind the noise, these, and the rows of the items
  const shared = train.lent.map((_, index) => firstLent + index);
  const several = stepsPerCall > 1 ? step.repeat(stepsPerCall, { shared }) : undefined;

  /** One call for as many whole batches as it was made for; else one for each. */
  function takeSteps(steps: readonly Step[]): StepReport[] {
    const whole = steps.every(({ rows }) => rows.length === batchSize);
    if (several && whole && steps.length === stepsPerCall) return call(several.values, steps);
    return steps.flatMap((each) => call(step.values, [each]));
  }

  function call(values: typeof step.values, steps: readonly Step[]): StepReport[] {
    const floats = (of: (step: Step) => number) => Float32Array.from(steps, of);
    const { terms, gradientNorm } = values(
      Int32Array.from(steps.flatMap(({ noise }) => [...noise])),
      floats(({ weights }) => weights.beta),
      floats(({ weights }) => weights.capacity),
      floats(({ learningRate }) => learningRate),
      floats(({ averageDecay }) => averageDecay),
      ...train.inputs(Int32Array.from(steps.flatMap(({ rows }) => [...rows]))),
    );
    const length = terms.length / steps.length;
    return steps.map((_, i) => ({
      terms: terms.subarray(length * i, length * (i + 1)),
      gradientNorm: gradientNorm[i]!,
    }));
  }

  return {
    stepsPerCall,
    train: takeSteps,
    moveAverage: (decay) => void averaging?.values(Float32Array.of(decay)),
    evaluator: {
      count: dataset.test.shape[0],
      dimensions: dataset.test.size / dataset.test.shape[0],
      measure: (rows, noise) => measure.values(noise, ...test.inputs(rows)),
    },
    synchronise: () => program.toVariables(),
    async state() {
      return takeValues(renameKeys(program.state(), (key) => stableName(names, key)));
    },
    async restore(state) {
      const own = program.state();
      const stable = Object.keys(own).map((key) => [stableName(names, key), key] as const);
      tf.dispose(own);
      const keys = new Map(stable);
      const tensors = toTensors(tf, state);
      try {
        program.restore(renameKeys(tensors, (key) => keys.get(key) ?? key));
      } finally {
        tf.dispose(tensors);
      }
      program.toVariables();
    },
    dispose() {
      program.dispose();
      learningRate.dispose();
      train.dispose();
      test.dispose();
      tf.dispose([items.train.label, items.test.label].filter((label) => label !== undefined));
    },
  };
}

function severalPay({ dataset, config }: EngineOptions): boolean {
  const { epochs, batchSize } = config.training;
  const steps = epochs * Math.ceil(dataset.train.shape[0] / batchSize);
  return config.model.type === "dense" && steps >= WORTHWHILE_STEPS;
}

/** A key of the program's state without the names of tf.Variables, which depend on what a process made before. */
function stableName(names: ReadonlyMap<string, string>, key: string): string {
  for (const [name, stable] of names) {
    if (key === name) return stable;
    const prefix = `${STEP}/${name}/`;
    if (key.startsWith(prefix)) return `${STEP}/${stable}/${key.slice(prefix.length)}`;
  }
  return key;
}

function renameKeys(tensors: NamedTensorMap, rename: (key: string) => string): NamedTensorMap {
  return Object.fromEntries(Object.entries(tensors).map(([key, value]) => [rename(key), value]));
}
