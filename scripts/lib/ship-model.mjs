/** The shipped models: from a finished run to the folder in models/ and the record in bench/results/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "./commands.mjs";
import { repository } from "./folders.mjs";
import { describeRun } from "./machine.mjs";
import { epochTable, readEpochs } from "./record-run.mjs";

/**
 * What each is to be held against, by name.
 *
 * @type {Record<string, string>}
 */
export const SHIPPED = {
  "mnist-dense-20":
    "The same protocol in PyTorch (784-400-20, ReLU, Adam 1e-3, batch 128, grey MNIST as Bernoulli) " +
    "gives a test -ELBO of 105.1 to 105.7 after 10 epochs.",
  "mnist-conv-2":
    "The Keras example's net of two latents, twice as wide, gives a -ELBO of 147.0 after 30 epochs, trained and " +
    "measured on all 70,000 digits.",
  "mnist-conv-cond":
    "Told the class, the latents need not hold it: the rate is lower than that of a net that is not told.",
  "fashion-conv-16":
    "784-400-20 in PyTorch on the same split of Fashion-MNIST gives a -ELBO of 242.1 to 242.3 after 10 epochs.",
};

/** Half the size; its errors stay below a grey level, where int8 would show. */
const PRECISION = "float16";

/**
 * Exports a run into models/, with its smaller variant, and records it.
 *
 * @param {string} name
 * @param {string} run its run folder
 */
export async function shipModel(name, run) {
  const target = join(repository, "models", name);
  await command("export", ["vae", run, "-o", target, "--precision", PRECISION, "--force"]);
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.md`), record(name, run));
}

/**
 * @param {string} name
 * @param {string} run
 */
function record(name, run) {
  return `# ${name}

${describeRun(`npm run models -- ${name}`)}

${SHIPPED[name]}
All numbers are nats per image: summed over pixels and latents, averaged over images.

${epochTable(readEpochs(run))}
`;
}
