/** A slider for each latent, with the drawing's posterior as a band and its rate beside it. */
import { byId } from "../dom.js";
import { ratePerLatent } from "../model.js";
import { EXTENT, type LatentView, type OnMove } from "./latent.js";

/** Up to so many latents have sliders of the whole width. */
const ONE_COLUMN = 10;

interface Row {
  element: HTMLElement;
  input: HTMLInputElement;
  value: HTMLOutputElement;
  rate: HTMLElement;
}

/** Brings the sliders to life. */
export function createSliders(onMove: OnMove): LatentView {
  const list = byId("sliders");
  let rows: Row[] = [];
  let point: Float32Array = new Float32Array();

  return {
    use({ manifest }) {
      const { size } = manifest.latent;
      if (size === rows.length) return;
      list.style.setProperty("--rows", String(size > ONE_COLUMN ? Math.ceil(size / 2) : size));
      point = new Float32Array(size);
      rows = Array.from({ length: size }, (_, index) => {
        const row = createRow(index);
        row.input.addEventListener("input", () => {
          point[index] = row.input.valueAsNumber;
          onMove(point.slice());
        });
        return row;
      });
      list.replaceChildren(...rows.map(({ element }) => element));
    },
    show(z) {
      point = z.slice();
      rows.forEach(({ input, value }, index) => {
        input.valueAsNumber = z[index]!;
        value.value = signed(z[index]!);
      });
    },
    showPosterior(mean, logVariance) {
      const rates = ratePerLatent(mean, logVariance);
      rows.forEach(({ element, rate }, index) => {
        const deviation = Math.exp(logVariance[index]! / 2);
        element.style.setProperty("--from", share(mean[index]! - deviation));
        element.style.setProperty("--to", share(mean[index]! + deviation));
        element.style.setProperty("--rate", String(Math.min(1, rates[index]! / 4)));
        rate.textContent = rates[index]!.toFixed(2);
      });
    },
  };
}

function createRow(index: number): Row {
  const [element, name] = [document.createElement("label"), document.createElement("span")];
  element.className = "latent";
  name.textContent = `z${index + 1}`;
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: -EXTENT, max: EXTENT, step: 0.01 });
  // Not by all of the row's text, whose numbers change, nor read out with every drawing, 20 at once.
  input.ariaLabel = name.textContent;
  const value = document.createElement("output");
  value.ariaLive = "off";
  const rate = document.createElement("span");
  rate.className = "rate";
  element.append(name, input, value, rate);
  return { element, input, value, rate };
}

/** A place on a slider's track. */
const share = (value: number) =>
  `${(100 * Math.min(1, Math.max(0, (value / EXTENT + 1) / 2))).toFixed(1)}%`;

/** With a true minus sign, and as wide for either. */
const signed = (value: number) => `${value <= -0.005 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
