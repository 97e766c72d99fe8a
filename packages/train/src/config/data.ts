/** The section `data`: what is trained on. */
import { z } from "zod";
import { count, section } from "./section.js";

export const data = section({
  name: z.enum(["mnist", "fashion-mnist"]),
  binarisation: z
    .enum(["none", "dynamic"])
    .default("none")
    .describe("none: grey values as probabilities; dynamic: a fresh Bernoulli draw per batch"),
  trainItems: count().optional().describe("Use the first so many training items only"),
  testItems: count().optional().describe("Use the first so many held-out items only"),
  includeHeldOut: z
    .boolean()
    .default(false)
    .describe(
      "Train on the held-out items too, as some published tables do; held-out numbers then say nothing of new items",
    ),
});
