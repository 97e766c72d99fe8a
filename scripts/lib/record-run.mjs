/** Tables of a run's numbers for bench/results. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{ negativeElbo: number, distortion: number, rate: number }} Losses */
/** @typedef {{ epoch: number, train: Losses, test: Losses & { activeUnits: number } }} EpochLine */

/**
 * Lines of metrics.jsonl.
 *
 * @param {string} run
 * @returns {EpochLine[]}
 */
export function readEpochs(run) {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/**
 * evaluation.json, where `evaluate` has written it.
 *
 * @param {string} run
 */
export function readEvaluation(run) {
  const file = join(run, "evaluation.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * A Markdown table: the first ten epochs, every tenth, and the last.
 *
 * @param {EpochLine[]} epochs
 */
export function epochTable(epochs) {
  const shown = epochs.filter(({ epoch }) => {
    return epoch <= 10 || epoch % 10 === 0 || epoch === epochs.length;
  });
  const rows = shown.map(({ epoch, train, test }) => {
    const numbers = [train.negativeElbo, test.negativeElbo, test.distortion, test.rate];
    const cells = numbers.map((value) => value.toFixed(2));
    return `| ${[epoch, ...cells, test.activeUnits].join(" | ")} |`;
  });
  return `| epoch | train -ELBO | test -ELBO | test distortion | test rate | active units |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}`;
}
