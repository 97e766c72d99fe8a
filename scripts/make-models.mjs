/**
 * `npm run models`: trains the shipped models from their configs, exports them into models/, measures them on every
 * runtime for their cards, and records each run in bench/results/. `npm run models -- <name> …` makes
 * these alone; `--cards` measures what is there.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { command } from "./lib/commands.mjs";
import { repository } from "./lib/folders.mjs";
import { browserStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { SHIPPED, shipModel } from "./lib/ship-model.mjs";
import { runMain, runSteps, SetupError } from "./lib/steps.mjs";

await runMain(async () => {
  const { values, positionals: names } = parseArgs({
    allowPositionals: true,
    options: { cards: { type: "boolean", default: false } },
  });
  const unknown = names.filter((name) => !(name in SHIPPED));
  if (unknown.length > 0) {
    const known = Object.keys(SHIPPED).join(", ");
    throw new SetupError(`There is no shipped model ${unknown.join(", ")}; there are ${known}.`);
  }
  await runSteps([...bootstrapSteps, tensorFlowStep, browserStep, refereeStep]);
  const { completeCard } = await import("./lib/model-card.mjs");
  for (const name of names.length > 0 ? names : Object.keys(SHIPPED)) {
    if (values.cards) {
      await completeCard(name);
      continue;
    }
    const config = join(repository, "packages", "train", "configs", `${name}.json`);
    const run = join(repository, "out", "models", name);
    await command("train", ["train", config, "-o", run, "--force"]);
    await shipModel(name, run);
    await completeCard(name);
  }
});
