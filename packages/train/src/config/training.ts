/** The section `training`: how long, in what steps, by which optimizer. */
import { z } from "zod";
import { count, section } from "./section.js";

const adam = section({
  name: z.literal("adam").default("adam"),
  learningRate: z.number().positive().default(1e-3),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Decay of the gradient's mean"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("Decay of the squared gradient's mean"),
  epsilon: z
    .number()
    .positive()
    .default(1e-8)
    .describe(
      "Added to the root of the bias-corrected second moment, as PyTorch and tf.js do; Keras adds it before the correction",
    ),
});

const factor = z
  .number()
  .gt(0)
  .lt(1)
  .default(0.1)
  .describe("What the learning rate is multiplied with");

const minimum = z.number().min(0).default(0).describe("The learning rate never falls below it");

const schedule = z
  .discriminatedUnion("type", [
    section({ type: z.literal("constant") }),
    section({
      type: z.literal("step"),
      epochs: count().describe("Epochs from one step down to the next"),
      factor,
    }),
    section({
      type: z.literal("cosine").describe("Half a cosine from the first step to the last"),
      minimum,
    }),
    section({
      type: z.literal("plateau"),
      patience: z
        .int()
        .min(0)
        .default(5)
        .describe("Epochs without a better held-out -ELBO that are waited for"),
      factor,
      minimum,
    }),
  ])
  .prefault({ type: "constant" })
  .describe("How the learning rate changes");

const earlyStop = section({
  patience: count().default(10).describe("Epochs without a better held-out -ELBO before the end"),
  minimumImprovement: z.number().min(0).default(0).describe("Nats that count as better"),
}).describe("Ends the training when the held-out -ELBO stays, and keeps the best epoch's weights");

const weightAverage = section({
  decay: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.999)
    .describe("Part of the average that a step keeps; smaller in the first steps"),
}).describe("Evaluate and export an exponential moving average of the weights");

export const training = section({
  epochs: count().default(10),
  batchSize: count().default(128).describe("Items per step; the last batch may be smaller"),
  optimizer: adam.prefault({}),
  learningRateSchedule: schedule,
  gradientClip: z
    .number()
    .positive()
    .optional()
    .describe("Gradients of a larger global norm are scaled down to it"),
  weightAverage: weightAverage.optional(),
  earlyStop: earlyStop.optional(),
  tensorBoard: z.boolean().default(false).describe("Write the metrics as event files, too"),
  engine: z
    .enum(["captured", "eager"])
    .default("captured")
    .describe("captured: each step is one TensorFlow graph; eager: plain tf.js, the reference"),
  residentMegabytes: z
    .number()
    .min(0)
    .default(1000)
    .describe(
      "A set of images up to this size is held by the graph's session; a larger one is lent to each call. Neither copies it",
    ),
  keepCheckpoints: count()
    .default(2)
    .describe(
      "Checkpoints that are kept, the latest ones; resume continues from the last sound one",
    ),
}).prefault({});

export type AdamConfig = z.output<typeof adam>;
export type TrainingConfig = z.output<typeof training>;
