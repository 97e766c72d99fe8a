/** Steps and evaluations as TensorFlow graphs, captured from the code that the eager engine runs. */
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import { EVALUATION_BATCH } from "../evaluation/evaluate.js";
import { adam, Program } from "../graph/index.js";
import type { Engine, EngineOptions } from "./engine.js";
import { imageSource } from "./image-source.js";
import { batchTerms, stepLosses } from "./step.js";

/** One program over the weights: a training step, and the measurement of a held-out batch. */
export function createCapturedEngine(options: EngineOptions): Engine {
  const { tf, vae, dataset, config } = options;
  const { batchSize, optimizer, residentMegabytes } = config.training;
  const train = imageSource(tf, dataset.train, residentMegabytes);
  const test = imageSource(tf, dataset.test, residentMegabytes);
  const program = new Program(tf);
  const noiseExample = tf.tensor1d([0, 0], "int32");
  const trainExample = train.example(Math.min(batchSize, dataset.train.shape[0]));
  const testExample = test.example(Math.min(EVALUATION_BATCH, dataset.test.shape[0]));

  const step = program.train(
    "step",
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

  return {
    step: (rows, noise) => train.feed(rows, (input) => step.values(input, noise).terms),
    evaluator: {
      count: dataset.test.shape[0],
      measure: (rows, noise) => test.feed(rows, (input) => measure.values(input, noise)),
    },
    synchronise: () => program.toVariables(),
    dispose() {
      program.dispose();
      train.dispose();
      test.dispose();
    },
  };
}
