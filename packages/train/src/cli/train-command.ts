/** `vaeport-train train`: a config file in, a run folder out, progress all the way. */
import { basename } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { parseConfig, readConfig, type TrainConfig } from "../config.js";
import { picturesFolder } from "../training/run-folder.js";
import { train } from "../training/train.js";
import { createReporter } from "./reporter.js";

interface TrainFlags {
  out: string;
  epochs?: number;
  seed?: number;
  force?: boolean;
  json?: boolean;
}

export function addTrain(program: Command): void {
  program
    .command("train")
    .description("train on the data that a config file names")
    .argument("<config.json>", "configuration")
    .requiredOption("-o, --out <run folder>", "where the run is written")
    .option("--epochs <count>", "instead of the config's training.epochs", wholeNumber(1))
    .option("--seed <number>", "instead of the config's seed", wholeNumber(0))
    .option("--force", "replace an earlier run in that folder")
    .option("--json", "print the result as JSON; progress goes to standard error")
    .action(async (file: string, flags: TrainFlags) => {
      const config = override(await readConfig(file), flags);
      const result = await trainWithProgress(config, flags);
      if (flags.json) return console.log(JSON.stringify(result, null, 2));
      console.log(`run       ${flags.out}`);
      console.log(`pictures  ${picturesFolder(flags.out)}`);
      console.log(`next      vaeport-train export ${flags.out} -o ${basename(flags.out)}-model`);
    });
}

async function trainWithProgress(config: TrainConfig, { out, force = false, json }: TrainFlags) {
  const reporter = createReporter(json ? process.stderr : process.stdout);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once("SIGINT", stop);
  try {
    return await train(config, {
      out,
      force,
      signal: interrupt.signal,
      onEvent: (event) => reporter.report(config, event),
    });
  } finally {
    reporter.close();
    process.off("SIGINT", stop);
  }
}

function override(config: TrainConfig, { epochs, seed }: TrainFlags): TrainConfig {
  const training = { ...config.training, ...(epochs !== undefined && { epochs }) };
  return parseConfig({ ...config, training, ...(seed !== undefined && { seed }) }, "command line");
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
  };
}
