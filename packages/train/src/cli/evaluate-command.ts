/** `vaeport-train evaluate`: log p(x) of the held-out items by importance sampling. */
import type { Command } from "commander";
import { type EvaluationReport, evaluateRun } from "../evaluation/report.js";
import { EVALUATION } from "../training/run-folder.js";
import { wholeNumber } from "./numbers.js";

interface EvaluateFlags {
  samples?: number;
  items?: number;
  seed?: number;
  json?: boolean;
}

/** How often progress is told. */
const LINE_SECONDS = 10;

export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("estimate log p(x) of a finished run's held-out items by importance sampling")
    .argument("<run folder>")
    .option("--samples <K>", "draws of z for each item (default: 500)", wholeNumber(1))
    .option(
      "--items <N>",
      "N of the held-out items, spread over the set (default: all)",
      wholeNumber(1),
    )
    .option("--seed <S>", "of the draws (default: 0)", wholeNumber(0))
    .option("--json", "print the report as JSON")
    .action(async (folder: string, { json, ...options }: EvaluateFlags) => {
      let told = performance.now();
      const onProgress = (items: number, of: number) => {
        if (performance.now() - told < LINE_SECONDS * 1000) return;
        told = performance.now();
        console.error(`${items} of ${of} items`);
      };
      const report = await evaluateRun(folder, { ...options, onProgress });
      console.log(json ? JSON.stringify(report, null, 2) : reportText(report, folder));
    });
}

function reportText(report: EvaluationReport, folder: string): string {
  const { items, samples, seed, likelihood, binarised } = report;
  const nats = (value: number) => value.toFixed(3);
  const lines = [
    `${report.name}: ${items} held-out items, ${samples} ${samples === 1 ? "sample" : "samples"} each, seed ${seed}`,
    `log p(x)        ${nats(report.logLikelihood)} ± ${nats(report.standardError)} nats`,
    `ELBO            ${nats(report.elbo)} nats`,
    `distortion      ${nats(report.distortion)} nats`,
    `rate            ${nats(report.rate)} nats`,
    `bits/dimension  ${report.bitsPerDimension.toFixed(5)}`,
    `active units    ${report.activeUnits}`,
    `report          ${folder}/${EVALUATION}`,
  ];
  if (likelihood === "bernoulli" && !binarised) {
    lines.push(
      "Grey values as probabilities have no log-likelihood: compare these numbers with their own kind alone.",
    );
  }
  return lines.join("\n");
}
