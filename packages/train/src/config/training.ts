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
    .describe("Added to the root of the bias-corrected second moment, as PyTorch and Keras do"),
});

export const training = section({
  epochs: count().default(10),
  batchSize: count().default(128).describe("Items per step; the last batch may be smaller"),
  optimizer: adam.prefault({}),
  engine: z
    .enum(["captured", "eager"])
    .default("captured")
    .describe("captured: each step is one TensorFlow graph; eager: plain tf.js, the reference"),
  residentMegabytes: z
    .number()
    .min(0)
    .default(1000)
    .describe(
      "A set of images up to this size is held in the graph; of a larger one, batches are fed",
    ),
  keepCheckpoints: count()
    .default(2)
    .describe(
      "Checkpoints that are kept, the latest ones; resume continues from the last sound one",
    ),
}).prefault({});

export type AdamConfig = z.output<typeof adam>;
