/** The section `objective`: what is minimised. */
import { z } from "zod";
import { count, section } from "./section.js";

const epochs = () => z.number().positive();

const linear = section({
  type: z.literal("linear"),
  epochs: epochs().describe("The weight of the rate grows from 0 to beta in these"),
});

const cyclical = section({
  type: z.literal("cyclical"),
  cycles: count().default(4).describe("Cycles in the whole training, M of Fu et al. (2019)"),
  ramp: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe("Part of a cycle in which the weight grows from 0 to beta, R of Fu et al. (2019)"),
});

const capacity = section({
  from: z.number().min(0).default(0).describe("Nats of rate at the beginning"),
  to: z.number().min(0).describe("Nats of rate at the end"),
  epochs: epochs().describe("Epochs in which the one becomes the other"),
});

export const objective = section({
  beta: z.number().min(0).default(1).describe("Weight of the rate (beta-VAE)"),
  warmUp: z
    .discriminatedUnion("type", [linear, cyclical], {
      error: (issue) =>
        issue.code === "invalid_union" ? 'expected "linear" or "cyclical"' : undefined,
    })
    .optional()
    .describe("How the weight of the rate comes to be beta; from the first step without"),
  capacity: capacity
    .optional()
    .describe("Weighs |rate - capacity| in place of the rate, with a capacity that grows"),
  freeBits: z
    .number()
    .min(0)
    .default(0)
    .describe("Nats of each latent dimension's rate, mean over the batch, that cost nothing more"),
  samples: count()
    .default(1)
    .describe("Draws of z for each item, k; more than one make it the importance-weighted bound"),
})
  .superRefine(({ capacity, freeBits, samples }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (capacity && freeBits > 0) {
      refuse("freeBits", "leave it out with capacity: both say what rate costs nothing");
    }
    if (samples > 1 && (capacity || freeBits > 0)) {
      const key = capacity ? "capacity" : "freeBits";
      refuse(key, "leave it out with samples > 1: that bound has no rate of its own");
    }
  })
  .prefault({});

export type ObjectiveConfig = z.output<typeof objective>;
