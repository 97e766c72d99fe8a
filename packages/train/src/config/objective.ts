/** The section `objective`: what is minimised. */
import { z } from "zod";
import { section } from "./section.js";

export const objective = section({
  beta: z.number().min(0).default(1).describe("Weight of the rate (beta-VAE)"),
}).prefault({});
