/**
 * `npm run bench:export`: exports the same nets by vaeport and by Keras 3, turn by turn, and writes
 * bench/results/export.md. See bench/README.md.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "../../scripts/lib/bootstrap.mjs";
import { repository } from "../../scripts/lib/folders.mjs";
import { runMain, runSteps, SetupError } from "../../scripts/lib/steps.mjs";
import { installKeras, kerasFolder } from "../lib/keras.mjs";

/** @typedef {"vaeport" | "keras"} Contestant */
/** @typedef {{ process: number, load: number, export: number, peak: number, nodes: number, bytes: number }} Visit seconds and bytes */
/** @typedef {Record<Contestant, Visit[]>} Visits one visit a round */

const workers = join(dirname(fileURLToPath(import.meta.url)), "workers");
const folder = join(repository, "out", "bench-export");

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    setup: { type: "boolean", default: true },
    out: { type: "string", default: join(repository, "bench", "results", "export.md") },
  },
  allowNegative: true,
});

await runMain(async () => {
  const kerasStep = { title: "Keras 3 with TensorFlow (2 GB, once)", run: installKeras };
  await runSteps([...(options.setup ? bootstrapSteps : []), kerasStep]);
  // These import what the set-up built.
  const [{ NETS }, { report }, { shuffled }] = await Promise.all([
    import("./nets.mjs"),
    import("./report.mjs"),
    import("../lib/statistics.mjs"),
  ]);
  const rounds = Number(options.rounds);
  const seed = Number(options.seed);
  /** @type {{ title: string, visits: Visits }[]} */
  const measurements = [];
  for (const [name, { title, keras }] of Object.entries(NETS)) {
    prepare(name, keras);
    /** @type {Visits} */
    const visits = { vaeport: [], keras: [] };
    for (let round = 0; round < rounds; round++) {
      for (const contestant of shuffled(
        /** @type {Contestant[]} */ (["vaeport", "keras"]),
        seed,
        round,
      )) {
        const visit = measure(contestant, name);
        visits[contestant].push(visit);
        console.log(
          `${name}  ${contestant}  ${visit.export.toFixed(2)} s of ${visit.process.toFixed(2)} s`,
        );
      }
    }
    measurements.push({ title, visits });
  }
  rmSync(folder, { recursive: true });
  const command = ["npm run bench:export --", ...process.argv.slice(2)]
    .join(" ")
    .replace(/ --$/, "");
  const text = report(measurements, { command, rounds, seed });
  writeFileSync(options.out, text);
  console.log(`\n${text}\nWritten to ${options.out}`);
});

/**
 * Saves the net, as tf.js and as Keras have it.
 *
 * @param {string} name
 * @param {string} keras
 */
function prepare(name, keras) {
  mkdirSync(folder, { recursive: true });
  work("node", [join(workers, "prepare.mjs"), name, join(folder, name)]);
  work("python3", [
    join(workers, "keras_export.py"),
    "prepare",
    keras,
    join(folder, `${name}.keras`),
  ]);
}

/**
 * One export, by a process of its own.
 *
 * @param {Contestant} contestant
 * @param {string} name
 * @returns {Visit}
 */
function measure(contestant, name) {
  const target = join(folder, `${name}.onnx`);
  const started = performance.now();
  const output =
    contestant === "vaeport"
      ? work("node", [join(workers, "vaeport.mjs"), join(folder, name, "model.json"), target])
      : work("python3", [
          join(workers, "keras_export.py"),
          "export",
          join(folder, `${name}.keras`),
          target,
        ]);
  const seconds = (performance.now() - started) / 1000;
  const bytes = statSync(target).size;
  rmSync(target);
  return { process: seconds, bytes, ...JSON.parse(output.trim().split("\n").at(-1) ?? "") };
}

/**
 * What a worker prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @throws SetupError with what it says when it fails
 */
function work(command, args) {
  const env = { ...process.env, PYTHONPATH: kerasFolder };
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", env });
  if (status === 0) return stdout;
  throw new SetupError(
    `${command} ${args.join(" ")} failed: ${error?.message ?? stderr.slice(-2000)}`,
  );
}
