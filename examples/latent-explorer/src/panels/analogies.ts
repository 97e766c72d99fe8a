/** One point decoded as every class of a conditional model: what the class says, and what is left to the latents. */
import type { Vae } from "@vaeport/infer";
import { byId } from "../dom.js";
import { newest } from "../newest.js";
import { paint } from "../pictures.js";

export interface Analogies {
  use(vae: Vae): void;
  show(z: Float32Array): void;
}

/** Brings the panel to life, which is on the page for conditional models only. */
export function createAnalogies(onError: (error: unknown) => void): Analogies {
  const canvas = byId<HTMLCanvasElement>("analogies");
  let vae: Vae | undefined;
  let z: Float32Array = new Float32Array();

  const update = newest(async () => {
    const classes = vae?.manifest.condition?.classes;
    if (!vae || !classes || z.length !== vae.manifest.latent.size) return;
    const points = new Float32Array(classes * z.length);
    for (let index = 0; index < classes; index++) points.set(z, index * z.length);
    const label = Array.from({ length: classes }, (_, index) => index);
    paint(canvas, vae, await vae.decode(points, { label }), classes);
  }, onError);

  return {
    use(model) {
      vae = model;
      byId("every-class").hidden = model.manifest.condition === undefined;
    },
    show(point) {
      z = point;
      update();
    },
  };
}
