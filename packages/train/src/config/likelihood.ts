/** The section `likelihood`: p(x | z). */
import { z } from "zod";
import { section } from "./section.js";

export const likelihood = section({ name: z.enum(["bernoulli"]).default("bernoulli") }).prefault(
  {},
);
