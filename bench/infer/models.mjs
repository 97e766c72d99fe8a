/** The two models that are timed: trained for a few steps by the commands that users type. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../scripts/lib/folders.mjs";
import { NETS } from "../training/nets.mjs";

/** @typedef {import("../training/nets.mjs").NetName} NetName */
/** @typedef {{ title: string, latent: number, run: string, model: string }} BenchModel `run` and `model` are folders */

/**
 * @param {NetName} name
 * @returns {BenchModel}
 */
export function provideModel(name) {
  const folder = join(repository, "out", "bench-models", name);
  const { title, config } = NETS[name];
  const run = join(folder, "run");
  const model = join(folder, "model");
  if (!existsSync(join(model, "vae.json"))) {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "config.json");
    const data = { name: "mnist", trainItems: 2000, testItems: 256 };
    writeFileSync(file, JSON.stringify({ name, data, training: { epochs: 1 }, ...config }));
    command("train", ["train", file, "-o", run, "--force"]);
    command("export", ["vae", run, "-o", model, "--force"]);
  }
  return { title, latent: config.latent.size, run, model };
}

/**
 * @param {string} name
 * @param {string[]} args
 */
function command(name, args) {
  const file = join(repository, "packages", name, "bin", `vaeport-${name}.js`);
  const { status } = spawnSync(process.execPath, [file, ...args], {
    stdio: ["ignore", "ignore", 2],
  });
  if (status !== 0) throw new Error(`vaeport-${name} ${args.join(" ")} ended with ${status}`);
}
