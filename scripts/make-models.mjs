/**
 * `npm run models`: trains the shipped models from their configs, exports them into models/, and
 * records each run in bench/results/. `npm run models -- <name> …` makes these alone.
 */
import { join } from "node:path";
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { command } from "./lib/commands.mjs";
import { repository } from "./lib/folders.mjs";
import { tensorFlowStep } from "./lib/setup-steps.mjs";
import { SHIPPED, shipModel } from "./lib/ship-model.mjs";
import { runMain, runSteps, SetupError } from "./lib/steps.mjs";

await runMain(async () => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in SHIPPED));
  if (unknown.length > 0) {
    const known = Object.keys(SHIPPED).join(", ");
    throw new SetupError(`There is no shipped model ${unknown.join(", ")}; there are ${known}.`);
  }
  await runSteps([...bootstrapSteps, tensorFlowStep]);
  for (const name of names.length > 0 ? names : Object.keys(SHIPPED)) {
    const config = join(repository, "packages", "train", "configs", `${name}.json`);
    const run = join(repository, "out", "models", name);
    await command("train", ["train", config, "-o", run, "--force"]);
    await shipModel(name, run);
  }
});
