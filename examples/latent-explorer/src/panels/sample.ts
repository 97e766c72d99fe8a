/** Draws from the prior, wider or narrower with the temperature. */
import type { Vae } from "@vaeport/infer";
import { byId, putPicture } from "../dom.js";
import { newest } from "../newest.js";
import { slice, toImageData } from "../pictures.js";

const COUNT = 18;

interface Options {
  /** Told of the sample that the user chose. */
  onChoose(picture: ImageData): void;
  onError(error: unknown): void;
}

export interface Samples {
  use(vae: Vae, label: number | undefined): void;
}

/** Brings the panel to life. */
export function createSamples({ onChoose, onError }: Options): Samples {
  const temperature = byId<HTMLInputElement>("temperature");
  const shown = byId<HTMLOutputElement>("temperature-value");
  const canvases = Array.from({ length: COUNT }, () => document.createElement("canvas"));
  const pictures: ImageData[] = [];
  let model: { vae: Vae; label: number | undefined } | undefined;
  let seed = 1;

  const update = newest(async () => {
    if (!model) return;
    const { vae, label } = model;
    const options = { seed, temperature: temperature.valueAsNumber, label };
    const drawn = await vae.sample(COUNT, options);
    canvases.forEach((canvas, index) => {
      const picture = toImageData(vae, slice(drawn, index));
      pictures[index] = picture;
      putPicture(canvas, picture);
    });
  }, onError);

  byId("samples").replaceChildren(
    ...canvases.map((canvas, index) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.setAttribute("aria-label", `Put sample ${index + 1} on the pad`);
      button.append(canvas);
      button.addEventListener("click", () => pictures[index] && onChoose(pictures[index]));
      return button;
    }),
  );
  temperature.addEventListener("input", () => {
    shown.value = temperature.valueAsNumber.toFixed(2);
    update();
  });
  byId("draw-new").addEventListener("click", () => {
    seed += 1;
    update();
  });

  return {
    use(vae, label) {
      model = { vae, label };
      update();
    },
  };
}
