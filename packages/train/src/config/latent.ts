/** The sections `latent` and `condition`: the space of z, and what both networks are told besides. */
import { z } from "zod";
import { count, section } from "./section.js";

export const latent = section({
  size: count().describe("Dimensions of the latent space"),
  posterior: z
    .enum(["diagonal", "full"])
    .default("diagonal")
    .describe("Covariance of q(z | x): diagonal, or full through its Cholesky factor"),
});

export const condition = z
  .enum(["none", "label"])
  .default("none")
  .describe("label: encoder and decoder take the item's class, one-hot (conditional VAE)");

export type LatentConfig = z.output<typeof latent>;
