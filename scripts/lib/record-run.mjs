/** Tables of a run's numbers for bench/results. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {import("@vaeport/train").EpochMetrics} EpochMetrics */
/** @typedef {import("@vaeport/train").EvaluationReport} EvaluationReport */

/**
 * Lines of metrics.jsonl.
 *
 * @param {string} run
 * @returns {EpochMetrics[]}
 */
export function readEpochs(run) {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/**
 * evaluation.json, where `evaluate` has written it.
 *
 * @param {string} run
 * @returns {EvaluationReport | undefined}
 */
export function readEvaluation(run) {
  const file = join(run, "evaluation.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * A Markdown table: the first ten epochs, every tenth, and the last.
 *
 * @param {EpochMetrics[]} epochs
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
