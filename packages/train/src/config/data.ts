/** The section `data`: what is trained on. */
import { z } from "zod";
import { count, section } from "./section.js";

export const data = section({
  name: z.enum(["mnist"]),
  binarisation: z
    .enum(["none", "dynamic"])
    .default("none")
    .describe("none: grey values as probabilities; dynamic: a fresh Bernoulli draw per batch"),
  trainItems: count().optional().describe("Use the first so many training items only"),
  testItems: count().optional().describe("Use the first so many held-out items only"),
});
