/** The way between two pictures: a strip of it, and any place of it at the slider. */
import type { PathKind, Tensor, Vae } from "@vaeport/infer";
import { byId, choice, context2d, putPicture } from "../dom.js";
import { newest } from "../newest.js";
import { paint, slice } from "../pictures.js";

/** Places on the way, and how many of them the strip shows. */
const PLACES = 33;
const SHOWN = 9;
/** Milliseconds from one place to the next when it plays. */
const PACE = 60;
const CALM = { stride: 8, pace: 800 };

interface Options {
  /** What the pad shows. */
  drawing: HTMLCanvasElement;
  onError(error: unknown): void;
}

export interface Interpolation {
  /** Puts a picture at each end. */
  put(from: ImageData, to: ImageData): void;
  /** Takes up a model, which encodes both ends as one of its classes if it has any. */
  use(vae: Vae, label: number | undefined): void;
}

/** Brings the panel to life. */
export function createInterpolation({ drawing, onError }: Options): Interpolation {
  const ends = [byId<HTMLCanvasElement>("from"), byId<HTMLCanvasElement>("to")] as const;
  const between = byId<HTMLCanvasElement>("between");
  const strip = byId<HTMLCanvasElement>("strip");
  const slider = byId<HTMLInputElement>("step");
  slider.max = String(PLACES - 1);
  slider.valueAsNumber = (PLACES - 1) / 2;
  let model: { vae: Vae; label: number | undefined } | undefined;
  let frames: Tensor | undefined;

  const show = () => {
    if (model && frames) paint(between, model.vae, slice(frames, slider.valueAsNumber));
  };
  const update = newest(async () => {
    if (!model) return;
    const { vae, label } = model;
    const [from, to] = await Promise.all(
      ends.map(async (end) => (await vae.encode(end, { label })).mean),
    );
    frames = await vae.interpolate(from!, to!, { steps: PLACES, path: path.value, label });
    const every = Array.from({ length: SHOWN }, (_, i) => i * ((PLACES - 1) / (SHOWN - 1)));
    paint(strip, vae, slice(frames, ...every), SHOWN);
    show();
  }, onError);
  const path = choice<PathKind>("paths", update);

  for (const [index, id] of ["set-from", "set-to"].entries()) {
    byId(id).addEventListener("click", () => {
      context2d(ends[index]!).drawImage(drawing, 0, 0);
      update();
    });
  }
  slider.addEventListener("input", show);
  makePlayable(slider, show);

  return {
    put(...pictures) {
      pictures.forEach((picture, index) => {
        putPicture(ends[index]!, picture);
      });
    },
    use(vae, label) {
      model = { vae, label };
      update();
    },
  };
}

/** To and fro, from a press of the button to the next; in few slow steps for who asks for little motion. */
function makePlayable(slider: HTMLInputElement, show: () => void): void {
  const button = byId("play");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let timer: ReturnType<typeof setInterval> | undefined;
  let direction = 1;
  function step() {
    const stride = calm.matches ? CALM.stride : 1;
    const next = slider.valueAsNumber + direction * stride;
    if (next < 0 || next >= PLACES) direction = -direction;
    slider.valueAsNumber += direction * stride;
    show();
  }
  button.addEventListener("click", () => {
    clearInterval(timer);
    timer = timer === undefined ? setInterval(step, calm.matches ? CALM.pace : PACE) : undefined;
    button.setAttribute("aria-pressed", String(timer !== undefined));
  });
}
