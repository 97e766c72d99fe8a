/** What a shipped model's card says beyond the exporter's: where its data are from, and its numbers on every runtime. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./folders.mjs";
import { describeRun } from "./machine.mjs";
import { refereeFolder } from "./referees.mjs";

/**
 * Where the data of each dataset are from, and their licence.
 *
 * @type {Record<string, string>}
 */
const DATA = {
  mnist:
    "[MNIST](http://yann.lecun.com/exdb/mnist/) by Yann LeCun and Corinna Cortes, CC BY-SA 3.0: 60,000 digits to " +
    "train on, 10,000 held out. Of them this folder has one, as the check in `vae.json`, and a few in its pictures.",
  "fashion-mnist":
    "[Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist) by Zalando SE, MIT, 70,000 pictures in our own " +
    "split. Of them this folder has one, as the check in `vae.json`, and a few in its pictures.",
};

const BATCH_SIZES = [1, 3, 64];

/**
 * Measures the model and writes the sections Data and Parity into its card, before the pictures.
 *
 * @param {string} name
 */
export async function completeCard(name) {
  const folder = join(repository, "models", name);
  const file = join(folder, "README.md");
  const manifest = JSON.parse(readFileSync(join(folder, "vae.json"), "utf8"));
  const data = DATA[manifest.training.dataset];
  if (data === undefined) throw new Error(`No licence is known of ${manifest.training.dataset}.`);
  const parts = readFileSync(file, "utf8").split(/^(?=## )/m);
  const own = parts.filter((part) => !/^## (?:Data|Parity)\n/.test(part));
  const at = own.findIndex((part) => part.startsWith("## Pictures\n"));
  const sections = [`## Data\n\n${data}\n\n`, `## Parity\n\n${await measure(name, folder)}\n\n`];
  writeFileSync(file, own.toSpliced(at, 0, ...sections).join(""));
}

/**
 * @param {string} name
 * @param {string} folder
 */
async function measure(name, folder) {
  const parity = await import("@vaeport/test/parity");
  const machine = await parity.availableRuntimes();
  try {
    const references = await parity.referenceFromPython(folder, BATCH_SIZES, refereeFolder);
    const rows = [];
    for (const runtime of machine.runtimes) {
      console.log(`${name} on ${runtime.name}`);
      rows.push(await parity.measureParity({ name, folder }, references, runtime));
    }
    const missing = machine.missing.map(({ runtime, reason }) => `${runtime}: ${reason}.`);
    return `${describeRun(`npm run models -- ${name} --cards`)}

The largest error of each graph against Python's onnxruntime, in batches of ${BATCH_SIZES.join(", ")} items; "ulp" counts units in the
last place of the reference tensor's largest value. WebGPU is SwiftShader, unless the machine has a GPU. Tolerance: 1e-5 +
1e-4 of a tensor's largest value, 1e-5 for probabilities.

${[parity.formatParityTable(rows), ...missing.map((line) => `Not run: ${line}`)].join("\n\n")}`;
  } finally {
    await machine.close();
  }
}
