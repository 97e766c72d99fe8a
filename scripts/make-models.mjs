/**
 * `npm run models`: trains the shipped models from their configs, exports them into models/, and
 * records each run, epoch by epoch, in bench/results/.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { command } from "./lib/commands.mjs";
import { repository } from "./lib/folders.mjs";
import { describeRun } from "./lib/machine.mjs";
import { tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

const MODELS = [
  {
    name: "mnist-dense-20",
    expected:
      "The same protocol in PyTorch (784-400-20, ReLU, Adam 1e-3, batch 128, grey MNIST as Bernoulli) " +
      "gives a test -ELBO of 105.1 to 105.7 after 10 epochs.",
  },
];

await runMain(async () => {
  await runSteps([...bootstrapSteps, tensorFlowStep]);
  for (const model of MODELS) {
    const config = join(repository, "packages", "train", "configs", `${model.name}.json`);
    const run = join(repository, "out", "models", model.name);
    await command("train", ["train", config, "-o", run, "--force"]);
    await command("export", ["vae", run, "-o", join(repository, "models", model.name), "--force"]);
    record(model, run);
  }
});

/**
 * @param {typeof MODELS[number]} model
 * @param {string} run
 */
function record({ name, expected }, run) {
  const epochs = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  const rows = epochs.map((line) => {
    const { epoch, train, test, seconds } = JSON.parse(line);
    const numbers = [train.negativeElbo, test.negativeElbo, test.distortion, test.rate, seconds];
    return `| ${epoch} | ${numbers.map((value) => value.toFixed(2)).join(" | ")} |`;
  });
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.md`),
    `# ${name}

${describeRun("npm run models")}

${expected}
All numbers are nats per image: summed over pixels and latents, averaged over images.

| epoch | train -ELBO | test -ELBO | test distortion | test rate | seconds |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`,
  );
}
