/** The section `latent`: the space of z. */
import { count, section } from "./section.js";

export const latent = section({ size: count().describe("Dimensions of the latent space") });
