/** `vaeport-train train`: a config file in, a run folder out. `vaeport-train resume`: on from where it stopped. */
import type { Command } from "commander";
import type { Change } from "../config/change-keys.js";
import { readConfigInput, type TrainConfig } from "../config.js";
import { planTraining } from "../training/plan.js";
import { resume } from "../training/resume.js";
import { train } from "../training/train.js";
import { wholeNumber } from "./numbers.js";
import { applyOverrides, collectOverride } from "./overrides.js";
import { planText } from "./plan-text.js";
import { withProgress } from "./progress.js";
import { orUsageError } from "./usage.js";

interface TrainFlags {
  output?: string;
  set?: Change[];
  epochs?: number;
  seed?: number;
  dryRun?: boolean;
  force?: boolean;
  json?: boolean;
}

const JSON_FLAG = ["--json", "print the result as JSON; progress goes to standard error"] as const;

export function addTrain(program: Command): void {
  program
    .command("train")
    .description("train on the data that a config file names")
    .argument("<config.json>", "configuration")
    .option("-o, --output <run folder>", "where the run is written")
    .option(
      "--set <key=value>",
      "instead of the config's value, for any of its keys: --set training.optimizer.learningRate=1e-4; repeatable",
      collectOverride,
    )
    .option("--epochs <count>", "short for --set training.epochs=<count>", wholeNumber(1))
    .option("--seed <number>", "short for --set seed=<number>", wholeNumber(0))
    .option("--dry-run", "train nothing; print the resolved config, parameters and memory")
    .option("--force", "replace an earlier run in that folder, at the first checkpoint")
    .option(...JSON_FLAG)
    .action(async (file: string, flags: TrainFlags, command: Command) => {
      const { output, dryRun, force = false, json } = flags;
      if (output === undefined && !dryRun) {
        return command.error("error: required option '-o, --output <run folder>' not specified");
      }
      const base = await readConfigInput(file);
      const config = orUsageError(command, () => applyOverrides(base, overridesOf(flags)));
      if (output === undefined || dryRun) {
        const plan = await planTraining(config);
        return console.log(json ? JSON.stringify(plan, null, 2) : planText(plan));
      }
      await withProgress(output, json, (report, signal) =>
        train(config, { out: output, force, signal, onEvent: (event) => report(config, event) }),
      );
    });
}

export function addResume(program: Command): void {
  program
    .command("resume")
    .description("continue a training that was stopped, to the same end as if it had not been")
    .argument("<run folder>")
    .option(
      "--epochs <count>",
      "end after so many in all, as if the config had said so; a finished run goes on to them",
      wholeNumber(1),
    )
    .option(...JSON_FLAG)
    .action(async (folder: string, { json, epochs }: Pick<TrainFlags, "json" | "epochs">) => {
      await withProgress(folder, json, (report, signal) => {
        let config: TrainConfig;
        return resume(folder, {
          ...(epochs !== undefined && { epochs }),
          signal,
          onEvent(event) {
            if (event.type === "resumed") config = event.config;
            report(config, event);
          },
        });
      });
    });
}

function overridesOf({ set = [], epochs, seed }: TrainFlags): Change[] {
  const short: Change[] = [
    ["training.epochs", epochs],
    ["seed", seed],
  ];
  return [...set, ...short.filter(([, value]) => value !== undefined)];
}
