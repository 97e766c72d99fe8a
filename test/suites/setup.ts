/** Trains and exports the models of the whole-project suites, through the commands that users type. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Folder of the trained models: `<name>/run` and `<name>/model`. */
export const modelsFolder = join(repository, "out", "test-models");

/** Small nets with odd widths and channel counts, where runtimes have had their faults. */
const CONFIGS = {
  dense: { model: { type: "dense", hidden: [33] }, latent: { size: 5 } },
  conv: {
    model: {
      type: "conv",
      layers: [
        { channels: 5, kernel: 3, stride: 2 },
        { channels: 7, kernel: 5, stride: 2 },
        { channels: 3, kernel: 3, stride: 1 },
      ],
      hidden: [11],
      normalisation: "batch",
    },
    latent: { size: 3 },
  },
};

export type TestModel = keyof typeof CONFIGS;

export const testModels = Object.keys(CONFIGS) as TestModel[];

/** Vitest's global set-up: a little training, not fresh random weights alone. */
export default function prepareModels(): void {
  for (const [name, config] of Object.entries(CONFIGS)) {
    const folder = join(modelsFolder, name);
    mkdirSync(folder, { recursive: true });
    const configFile = join(folder, "config.json");
    const data = { name: "mnist", trainItems: 2000, testItems: 256 };
    const whole = { name: `test-${name}`, data, training: { epochs: 2 }, ...config };
    writeFileSync(configFile, JSON.stringify(whole));
    command("train", "vaeport-train", ["train", configFile, "-o", join(folder, "run"), "--force"]);
    const target = ["-o", join(folder, "model"), "--precision", "float16,int8", "--force"];
    command("export", "vaeport-export", ["vae", join(folder, "run"), ...target]);
  }
}

function command(packageName: string, bin: string, args: string[]): void {
  const file = join(repository, "packages", packageName, "bin", `${bin}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(`${bin} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  }
}
