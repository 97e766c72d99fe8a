/** The page: puts the panels together, and the model between them. */
import { type Precision, RunError, type Vae } from "@vaeport/infer";
import { byId, choice, offer } from "./dom.js";
import { openModel, storedItem } from "./model.js";
import { newest } from "./newest.js";
import { createAnalogies } from "./panels/analogies.js";
import { createInterpolation } from "./panels/interpolate.js";
import { createPad } from "./panels/pad.js";
import { createPlane } from "./panels/plane.js";
import { decodeTimed, showRuntime } from "./panels/runtime.js";
import { createSamples } from "./panels/sample.js";
import { createSliders } from "./panels/sliders.js";
import { paint, toImageData } from "./pictures.js";

let vae: Vae | undefined;
/** The class that everything is encoded and decoded as, where the model has classes. */
let label: number | undefined;
/** The point on show. */
let z: Float32Array = new Float32Array();
let opening = new AbortController();

const pad = createPad(() => encode());
const sliders = createSliders(moveTo);
const views = [createPlane(moveTo), sliders];
const samples = createSamples({ onChoose: pad.put, onError: report });
const interpolation = createInterpolation({ drawing: pad.seen, onError: report });
const analogies = createAnalogies(report);
const model = choice("models", open);
const provider = choice("providers", open);
const precision = choice<Precision>("precisions", open);
const chosenClass = choice("classes", () => {
  if (!vae?.manifest.condition) return;
  label = Number(chosenClass.value);
  useClass(vae).then(encode, report);
});
const address = new URLSearchParams(location.hash.slice(1));
model.set(address.get("model"));
provider.set(address.get("provider"));
precision.set(address.get("precision"));

/** The drawing's posterior and scores; its mean becomes the point on show. */
const encode = newest(async () => {
  const asked = vae;
  if (!asked) return;
  const [{ mean, logVariance }, scores] = await Promise.all([
    asked.encode(pad.seen, { label }),
    asked.score(pad.seen, { label, samples: 0 }),
  ]);
  if (asked !== vae) return;
  for (const view of views) view.showPosterior(mean.data, logVariance.data);
  for (const name of ["distortion", "rate", "elbo"] as const) {
    byId(name).textContent = scores[name][0]!.toFixed(2).replace("-", "−");
  }
  moveTo(mean.data);
}, report);

const decode = newest(async () => {
  if (!vae) return;
  paint(byId<HTMLCanvasElement>("reconstruction"), vae, await decodeTimed(vae, z, label));
}, report);

/** Shows a point; while models change hands, one of the model before is none of the next. */
function moveTo(point: Float32Array): void {
  if (point.length !== vae?.manifest.latent.size) return;
  z = point;
  for (const view of views) view.show(z);
  decode();
  analogies.show(z);
}

/** What is chosen, put into the page's address too. */
function remember() {
  const chosen = { model: model.value, provider: provider.value, precision: precision.value };
  history.replaceState(null, "", `#${new URLSearchParams(chosen)}`);
  return chosen;
}

/** Loads the chosen model on the chosen provider, in place of the one before. */
async function open(): Promise<void> {
  opening.abort();
  opening = new AbortController();
  const { signal } = opening;
  const chosen = remember();
  say("Loading…");
  byId("panels").ariaBusy = "true";
  try {
    const next = await openModel(chosen.model, {
      provider: chosen.provider,
      precision: chosen.precision,
      signal,
      onProgress: ({ loaded, total }) => say(`Loading, ${Math.round((100 * loaded) / total)} %`),
    });
    const last = vae;
    vae = next;
    const another = next.manifest.name !== last?.manifest.name;
    if (another) reset(next);
    await last?.dispose();
    if (another) await begin(next);
    await useClass(next);
    encode();
    await showRuntime(next);
    say(next.manifest.description);
  } catch (error) {
    if (!signal.aborted) {
      report(error);
      model.set(vae?.manifest.name ?? null);
      provider.set(String(vae?.runtime.requested));
      precision.set(vae?.runtime.precision ?? null);
      remember();
    }
  }
  if (!signal.aborted) byId("panels").ariaBusy = "false";
}

/** Takes point, sliders and class to another model at once: the user may be moving them. */
function reset(next: Vae): void {
  const { check, condition, latent } = next.manifest;
  label = check.label;
  z = new Float32Array(latent.size);
  byId("classes").hidden = condition === undefined;
  if (condition) offer("classes", condition.names, label!);
  sliders.use(next, label);
}

/** Fills the page for another model, with the held-out item that it brings along. */
async function begin(next: Vae): Promise<void> {
  pad.use(next);
  const example = storedItem(next);
  const other = await next.sample(1, { seed: 7, temperature: 0.7, label });
  interpolation.put(toImageData(next, example), toImageData(next, other));
  pad.put(toImageData(next, example));
}

/** Gives a model to the panels, unless another takes its place meanwhile. */
async function useClass(next: Vae): Promise<void> {
  for (const panel of [...views, samples, interpolation, analogies]) {
    if (next === vae) await panel.use(next, label);
  }
}

function say(text: string): void {
  byId("status").textContent = text;
}

/** Tells what went wrong; a model whose device was lost is built anew. */
function report(error: unknown): void {
  console.error(error);
  say(error instanceof Error ? error.message : String(error));
  if (vae && error instanceof RunError && error.reason !== "other")
    vae.reload().then(encode, report);
}

byId("example").addEventListener("click", () => vae && pad.put(toImageData(vae, storedItem(vae))));
open();
