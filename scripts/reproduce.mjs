/**
 * `npm run reproduce -- burda-vae`: trains a config of packages/train/configs, evaluates it where the result needs that,
 * compares with the expected number, and records all in bench/results. A run in out/reproduce that is finished is not
 * trained again, and one that was stopped goes on.
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
  const { samples, seeds = [1] } = reproductionOf(name);
  const config = join(repository, "packages", "train", "configs", `${name}.json`);
  /** @type {SeedRun[]} */
  const runs = [];
  for (const seed of seeds) {
    const folder = seed === 1 ? name : `${name}-seed-${seed}`;
    const run = join(repository, "out", "reproduce", folder);
    const [begun, finished] = ["metrics.jsonl", "summary.json"].map((file) => {
      return existsSync(join(run, file));
    });
    if (begun) await requireSame(config, seed, run);
    if (!begun) await command("train", ["train", config, "-o", run, "--seed", String(seed)]);
    else if (!finished) await command("train", ["resume", run]);
    if (samples && readEvaluation(run)?.samples !== samples) {
      await command("train", ["evaluate", run, "--samples", String(samples)]);
    }
    runs.push({ seed, epochs: readEpochs(run), evaluation: readEvaluation(run) });
  }
  return record(name, runs);
}

/**
 * A run of another config would be published as this one's.
 *
 * @param {string} config
 * @param {number} seed
 * @param {string} run
 */
async function requireSame(config, seed, run) {
  const { configHash, readConfig } = await import("@vaeport/train"); // built by now
  const wanted = { ...(await readConfig(config)), seed };
  if (configHash(wanted) === configHash(await readConfig(join(run, "config.json")))) return;
  throw new SetupError(`${run} is a run of another config. Move it away to train anew.`);
}

/** @typedef {import("./lib/reproductions.mjs").Numbers & { seed: number }} SeedRun */

/**
 * @param {string} name
 * @param {SeedRun[]} runs
 */
function record(name, runs) {
  const { what, source, expected, value } = reproductionOf(name);
  const found = median(runs.map(value));
  const [from, to] = expected;
  const inside = found >= from && found <= to;
  const [shown, low, high] = [found, from, to].map((nats) => nats.toFixed(2));
  const verdict = `${shown} nats, ${inside ? "within" : "OUTSIDE"} ${low} to ${high}`;
  const of =
    runs.length > 1 ? `, median of the seeds ${runs.map(({ seed }) => seed).join(", ")}` : "";
  console.log(`\n${name}: ${what}${of} ${verdict}`);
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `reproduce-${name}.md`),
    `# ${name}

${describeRun(`npm run reproduce -- ${name}`)}

${what}${of}: **${verdict}**.
Expected: ${source}.
${runs.map((run) => seedText(run, runs.length > 1 ? value(run) : undefined)).join("")}`,
  );
  return inside;
}

/**
 * @param {SeedRun} run
 * @param {number | undefined} value of this seed, where there are several
 */
function seedText({ seed, epochs, evaluation }, value) {
  const heading = value === undefined ? "" : `\n## Seed ${seed}: ${value.toFixed(2)}\n`;
  const details = evaluation
    ? `\nEvaluation: log p(x) ${evaluation.logLikelihood.toFixed(3)} ± ${evaluation.standardError.toFixed(3)} ` +
      `(K = ${evaluation.samples}, seed ${evaluation.seed}, ${evaluation.items} items), ELBO ${evaluation.elbo.toFixed(3)}, ` +
      `distortion ${evaluation.distortion.toFixed(3)}, rate ${evaluation.rate.toFixed(3)}, ` +
      `active units ${evaluation.activeUnits}.\n`
    : "";
  return `${heading}${details}
Nats per image: summed over pixels and latents, averaged over images.

${epochTable(epochs)}
`;
}

/** The middle one; of an even number, the smaller of the two. @param {number[]} values */
function median(values) {
  return /** @type {number} */ (values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]);
}

/** @param {string} name */
function reproductionOf(name) {
  const reproduction = REPRODUCTIONS[name];
  if (!reproduction) throw new Error(`no reproduction ${name}`);
  return reproduction;
}
