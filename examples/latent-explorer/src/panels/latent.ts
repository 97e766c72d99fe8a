/** What shows a point of the latent space, and lets it be moved. */
import type { Vae } from "@vaeport/infer";

/** The space is shown from -EXTENT to EXTENT in each latent. */
export const EXTENT = 3;

/** Told of the point that the user moved to. */
export type OnMove = (z: Float32Array) => void;

export interface LatentView {
  /** Takes up a model, seen as one of its classes if it has any. */
  use(vae: Vae, label: number | undefined): void | Promise<void>;
  show(z: Float32Array): void;
  /** Marks where the drawing lies. */
  showPosterior(mean: Float32Array, logVariance: Float32Array): void;
}
