/** `vaeport-train train`: a config file in, a run folder out. `vaeport-train resume`: on from where it stopped. */
import type { Command } from "commander";
import { parseConfig, readConfig, type TrainConfig } from "../config.js";
import { resume } from "../training/resume.js";
import { train } from "../training/train.js";
import { wholeNumber } from "./numbers.js";
import { withProgress } from "./progress.js";

interface TrainFlags {
  out: string;
  epochs?: number;
  seed?: number;
  force?: boolean;
  json?: boolean;
}

const JSON_FLAG = ["--json", "print the result as JSON; progress goes to standard error"] as const;

export function addTrain(program: Command): void {
  program
    .command("train")
    .description("train on the data that a config file names")
    .argument("<config.json>", "configuration")
    .requiredOption("-o, --out <run folder>", "where the run is written")
    .option("--epochs <count>", "instead of the config's training.epochs", wholeNumber(1))
    .option("--seed <number>", "instead of the config's seed", wholeNumber(0))
    .option("--force", "replace an earlier run in that folder")
    .option(...JSON_FLAG)
    .action(async (file: string, { out, force = false, json, ...flags }: TrainFlags) => {
      const config = override(await readConfig(file), flags);
      await withProgress(out, json, (report, signal) =>
        train(config, { out, force, signal, onEvent: (event) => report(config, event) }),
      );
    });
}

export function addResume(program: Command): void {
  program
    .command("resume")
    .description("continue a training that was stopped, to the same end as if it had not been")
    .argument("<run folder>")
    .option(...JSON_FLAG)
    .action(async (folder: string, { json }: { json?: boolean }) => {
      await withProgress(folder, json, (report, signal) => {
        let config: TrainConfig;
        return resume(folder, {
          signal,
          onEvent(event) {
            if (event.type === "resumed") config = event.config;
            report(config, event);
          },
        });
      });
    });
}

function override(
  config: TrainConfig,
  { epochs, seed }: Pick<TrainFlags, "epochs" | "seed">,
): TrainConfig {
  const training = { ...config.training, ...(epochs !== undefined && { epochs }) };
  return parseConfig({ ...config, training, ...(seed !== undefined && { seed }) }, "command line");
}
