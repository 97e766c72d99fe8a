/** Steps and evaluations as TensorFlow graphs, captured from the code that the eager engine runs. */
import type { NamedTensorMap, Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import { EVALUATION_BATCH } from "../evaluation/evaluate.js";
import { adam, Program } from "../graph/index.js";
import type { Batch, Engine, EngineOptions } from "./engine.js";
import { takeValues, toTensors, weightNames } from "./engine-state.js";
import { imageSource } from "./image-source.js";
import { batchTerms, stepLosses } from "./step.js";

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
  const { tf, vae, dataset, config } = options;
  const { batchSize, optimizer, residentMegabytes } = config.training;
  const train = imageSource(tf, dataset.train, residentMegabytes);
  const test = imageSource(tf, dataset.test, residentMegabytes);
  const program = new Program(tf);
  const names = weightNames(vae);
  const noiseExample = tf.tensor1d([0, 0], "int32");
  const trainExample = train.example(Math.min(batchSize, dataset.train.shape[0]));
  const testExample = test.example(Math.min(EVALUATION_BATCH, dataset.test.shape[0]));

  const step = program.train(
    STEP,
    (input: Tensor, noise: Tensor1D) =>
      stepLosses(options, config.objective.beta, train.images(input), noise),
    [trainExample, noiseExample],
    { variables: vae.variables, optimizer: adam(optimizer), variableBatch: true },
  );
  const measure = program.capture(
    "measure",
    (input: Tensor, noise: Tensor1D) => {
      const terms = batchTerms(options, test.images(input), noise, false);
      return { distortion: terms.distortion, rate: terms.rate, mean: terms.posterior.mean };
    },
    [testExample, noiseExample],
    { variableBatch: true },
  );
  tf.dispose([noiseExample, trainExample, testExample]);

  const stepsPerCall = train.resident && severalPay(options) ? STEPS_PER_CALL : 1;
  const several = stepsPerCall > 1 ? step.repeat(stepsPerCall) : undefined;

  /** One call for as many whole batches as it was made for; else one for each. */
  function takeSteps(batches: readonly Batch[]): ArrayLike<number>[] {
    const whole = batches.every(({ rows }) => rows.length === batchSize);
    if (!several || batches.length !== stepsPerCall || !whole) {
      return batches.map(({ rows, noise }) =>
        train.feed(rows, (input) => step.values(input, noise).terms),
      );
    }
    const { terms } = several.values(
      joined(batches.map(({ rows }) => rows)),
      joined(batches.map(({ noise }) => noise)),
    );
    return batches.map((_, i) => terms.subarray(2 * i, 2 * i + 2));
  }

  return {
    stepsPerCall,
    train: takeSteps,
    evaluator: {
      count: dataset.test.shape[0],
      measure: (rows, noise) => test.feed(rows, (input) => measure.values(input, noise)),
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
      train.dispose();
      test.dispose();
    },
  };
}

function severalPay({ dataset, config }: EngineOptions): boolean {
  const { epochs, batchSize } = config.training;
  const steps = epochs * Math.ceil(dataset.train.shape[0] / batchSize);
  return config.model.type === "dense" && steps >= WORTHWHILE_STEPS;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
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
