/**
 * `npm run reproduce -- burda-vae`: trains a config of packages/train/configs, evaluates it where the result needs that,
 * compares with the expected number, and records all in bench/results. A finished run in out/reproduce is not trained again.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { command } from "./lib/commands.mjs";
import { repository } from "./lib/folders.mjs";
import { describeRun } from "./lib/machine.mjs";
import { epochTable, readEpochs, readEvaluation } from "./lib/record-run.mjs";
import { REPRODUCTIONS } from "./lib/reproductions.mjs";
import { tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps, SetupError } from "./lib/steps.mjs";

await runMain(async () => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !REPRODUCTIONS[name]);
  if (names.length === 0 || unknown.length > 0) {
    const known = Object.keys(REPRODUCTIONS).join(", ");
    throw new SetupError(
      `Name what to reproduce, of ${known}; got ${unknown.join(", ") || "nothing"}.`,
    );
  }
  await runSteps([...bootstrapSteps, tensorFlowStep]);
  let reproduced = true;
  for (const name of names) reproduced = (await reproduce(name)) && reproduced;
  return reproduced ? 0 : 1;
});

/** @param {string} name */
async function reproduce(name) {
  const { samples } = reproductionOf(name);
  const config = join(repository, "packages", "train", "configs", `${name}.json`);
  const run = join(repository, "out", "reproduce", name);
  if (!existsSync(join(run, "summary.json"))) {
    await command("train", ["train", config, "-o", run, "--force"]);
  }
  if (samples && !readEvaluation(run)) {
    await command("train", ["evaluate", run, "--samples", String(samples)]);
  }
  return record(name, run);
}

/**
 * @param {string} name
 * @param {string} run
 */
function record(name, run) {
  const { what, source, expected, value } = reproductionOf(name);
  const [epochs, evaluation] = [readEpochs(run), readEvaluation(run)];
  const found = value({ epochs, evaluation });
  const [from, to] = expected;
  const inside = found >= from && found <= to;
  const [shown, low, high] = [found, from, to].map((nats) => nats.toFixed(2));
  const verdict = `${shown} nats, ${inside ? "within" : "OUTSIDE"} ${low} to ${high}`;
  console.log(`\n${name}: ${what} ${verdict}`);
  const details = evaluation
    ? `\nEvaluation: log p(x) ${evaluation.logLikelihood.toFixed(3)} ± ${evaluation.standardError.toFixed(3)} ` +
      `(K = ${evaluation.samples}, seed ${evaluation.seed}, ${evaluation.items} items), ELBO ${evaluation.elbo.toFixed(3)}, ` +
      `distortion ${evaluation.distortion.toFixed(3)}, rate ${evaluation.rate.toFixed(3)}, ` +
      `active units ${evaluation.activeUnits}.\n`
    : "";
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `reproduce-${name}.md`),
    `# ${name}

${describeRun(`npm run reproduce -- ${name}`)}

${what}: **${verdict}**.
Expected: ${source}.
${details}
Nats per image: summed over pixels and latents, averaged over images.

${epochTable(epochs)}
`,
  );
  return inside;
}

/** @param {string} name */
function reproductionOf(name) {
  const reproduction = REPRODUCTIONS[name];
  if (!reproduction) throw new Error(`no reproduction ${name}`);
  return reproduction;
}
