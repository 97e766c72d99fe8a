/** What runs the model, how long a decode takes, and how far its numbers are off the stored ones. */
import type { Tensor, Vae } from "@vaeport/infer";
import { byId } from "../dom.js";
import { measureParity } from "../model.js";

/** Decodes that the shown time is the median of, and how many a fresh model begins with. */
const WINDOW = 31;
const FIRST = 9;
/** Milliseconds between two updates of the shown time. */
const PACE = 200;

const times: number[] = [];
let shown = 0;

/** Decodes one point, and counts the time from call to picture in. */
export async function decodeTimed(
  vae: Vae,
  z: Float32Array,
  label: number | undefined,
): Promise<Tensor> {
  const started = performance.now();
  const picture = await vae.decode(z, { label });
  const now = performance.now();
  times.push(now - started);
  if (times.length > WINDOW) times.shift();
  if (now - shown > PACE) {
    shown = now;
    showTime();
  }
  return picture;
}

function showTime(): void {
  const median = times.toSorted((a, b) => a - b)[times.length >> 1]!;
  byId("timing").textContent = `${median.toFixed(1)} ms`;
}

/** Shows what a freshly loaded model runs on. */
export async function showRuntime(vae: Vae): Promise<void> {
  const { chosen, threads, attempts } = vae.runtime;
  const count = threads === 1 ? ", 1 thread" : threads ? `, ${threads} threads` : "";
  byId("chosen").textContent = chosen + count;
  byId("chosen").title = attempts
    .map(({ provider, reason = "runs" }) => `${provider}: ${reason}`)
    .join("\n");
  byId("parity").textContent = (await measureParity(vae)).toExponential(1);
  times.length = 0;
  const origin = new Float32Array(vae.manifest.latent.size);
  for (let run = 0; run < FIRST; run++) await decodeTimed(vae, origin, vae.manifest.check.label);
  showTime();
}
