/** The tables of a benchmark run, in Markdown. */
import { cpus, totalmem } from "node:os";
import { summarise } from "../lib/statistics.mjs";
import { best, MOST_FOREIGN, medianMilliseconds } from "./measure.mjs";
import { BATCH, EPOCH_STEPS, ITEMS, NETS, THREADS } from "./nets.mjs";

/** @typedef {import("./measure.mjs").Result} Result */
/** @typedef {{ net: import("./nets.mjs").NetName, results: Result[] }} Measurement the first result is the baseline's */

/**
 * @param {Measurement[]} measurements
 * @param {{ date: string, command: string, rounds: number, seed: number, processorTime: boolean }} run
 */
export function report(measurements, { date, command, rounds, seed, processorTime }) {
  const all = measurements.flatMap(({ results }) => results);
  const versions = Object.entries(Object.assign({}, ...all.map((result) => result.versions)));
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `# Training speed, side by side

${date}, \`${command}\`

${cpus().length} cores of ${cpus()[0]?.model.trim() ?? "an unnamed processor"}, ${gibibytes} GiB;
${versions.map(([name, version]) => `${name} ${version}`).join(", ")}.
${rounds} rounds in random order (seed ${seed}), one variant computing at any time; threads: ${THREADS}, batch ${BATCH}, Adam 1e-3,
${ITEMS} images of MNIST, the whole loop.
${processorTime ? "Times are of the processor, not of the wall: other processes were at work, and hardly count in them." : disturbance(all)}

A ratio is speed over that of the reference in the same round, median [quartiles]; above 1 is faster.
"Best" is the variant of its kind with the smallest median.
${overview(measurements)}${measurements.map(section).join("")}`;
}

/**
 * A line for each net, where there are many.
 *
 * @param {Measurement[]} measurements
 */
function overview(measurements) {
  if (measurements.length < 3) return "";
  const rows = measurements.flatMap(({ net, results }) => {
    const [baseline] = results;
    const own = results.find(({ variant }) => variant.name === "vaeport");
    if (!baseline || !own) return [];
    const times = [baseline, own].map((result) => medianMilliseconds(result).toFixed(2));
    return [[net, ...times, ratio(own, baseline), ratio(own, best(results, "eager"))]];
  });
  const titles = ["net", "PyTorch eager, ms", "vaeport, ms", "x eager", "x best eager"];
  return `\n${table(titles, rows)}\n`;
}

/** @param {readonly Result[]} results */
function disturbance(results) {
  const shares = results.flatMap(({ rounds }) => rounds.map(({ foreign }) => foreign));
  const { median } = summarise(shares);
  const most = Math.max(...shares);
  const fact = `Other processes had ${percent(median)} of the machine (median of all visits; ${percent(most)} at most).`;
  return most > MOST_FOREIGN ? `**Disturbed, not to be relied on.** ${fact}` : fact;
}

/** @param {Measurement} measurement */
function section({ net, results }) {
  const { gate, title } = NETS[net];
  const references = [results[0], best(results, "eager"), best(results, "compile")];
  const titles = ["variant", "ms a step", "x eager", "x best eager", "x best compile", "loss"];
  const rows = results.map((result) => [
    result.variant.title + (references.indexOf(result) > 0 ? " (best)" : ""),
    medianMilliseconds(result).toFixed(2),
    ...references.map((reference) => ratio(result, reference)),
    result.loss?.toFixed(2) ?? "",
  ]);
  return `
## ${title}

${table(titles, rows)}

Loss: mean over the last ${gate.last} of the first ${gate.steps} steps, from weights, order and noise of each variant's own.
${epochs(results)}`;
}

/** @param {readonly Result[]} results */
function epochs(results) {
  const timed = results.flatMap(({ variant, epoch }) => (epoch ? [{ variant, ...epoch }] : []));
  const [baseline] = timed;
  if (!baseline) return "";
  const rows = timed.map(({ variant, milliseconds, foreign }) => [
    variant.title,
    ((milliseconds * EPOCH_STEPS) / 1000).toFixed(1),
    (baseline.milliseconds / milliseconds).toFixed(2),
    percent(foreign),
  ]);
  return `
One epoch of each, ${EPOCH_STEPS} steps:

${table(["variant", "seconds", "x eager", "other processes"], rows)}
`;
}

/**
 * @param {Result} result
 * @param {Result | undefined} reference
 */
function ratio(result, reference) {
  if (!reference) return "";
  const ratios = reference.rounds.map(({ milliseconds }, round) => {
    return (
      milliseconds /
      /** @type {import("./measure.mjs").Timing} */ (result.rounds[round]).milliseconds
    );
  });
  const { median, low, high } = summarise(ratios);
  return `${median.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

/**
 * @param {readonly string[]} titles
 * @param {readonly string[][]} rows
 */
function table(titles, rows) {
  const rule = titles.map((_, column) => (column === 0 ? "---" : "---:"));
  return [titles, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** @param {number} fraction */
function percent(fraction) {
  return `${Math.round(fraction * 100)}%`;
}
