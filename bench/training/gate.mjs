/** The gate before timing: nobody is timed at other work, so every variant must learn as the baseline does. */
import { SetupError } from "../../scripts/lib/steps.mjs";

/** @typedef {import("./nets.mjs").Net["gate"]} Gate */

/**
 * The mean loss of the last steps of a gate; training that far warms the worker up, too.
 *
 * @param {import("./worker-process.mjs").WorkerProcess} worker
 * @param {Gate} gate
 * @returns {Promise<number | undefined>} undefined when the worker trains nothing
 */
export async function gateLoss(worker, { steps, last }) {
  const { windows } = await worker.train(steps);
  let [end, sum, count] = [0, 0, 0];
  for (const window of windows) {
    if (window.loss === null) return undefined;
    end += window.steps;
    if (end <= steps - last) continue;
    sum += window.loss * window.steps;
    count += window.steps;
  }
  return sum / count;
}

/**
 * @param {readonly { variant: { name: string, group: string }, loss: number | undefined }[]} results the first is the baseline's
 * @param {Gate} gate
 * @throws SetupError naming the variants whose loss is too far from the baseline's
 */
export function checkGate(results, { steps, tolerance }) {
  const [baseline, ...others] = results;
  const expected = baseline?.loss ?? Number.NaN;
  const wrong = others.filter(({ variant, loss = Number.NaN }) => {
    return variant.group !== "bound" && !(Math.abs(loss / expected - 1) <= tolerance);
  });
  if (wrong.length === 0) return;
  const list = wrong.map(({ variant, loss }) => `${variant.name} ${loss?.toFixed(2)}`).join(", ");
  throw new SetupError(
    `After ${steps} steps the loss must lie within ${tolerance * 100}% of ${expected.toFixed(2)}, the baseline's; ` +
      `${list}. Make these variants train the same net in the same way.`,
  );
}
