/** What `@vaeport/models` ships: whole, small, as good as its cards say, the same on every runtime. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportVae } from "@vaeport/export";
import { onnxRunner } from "@vaeport/export/onnxruntime-node";
import { loadVae, type Vae } from "@vaeport/infer";
import {
  availableRuntimes,
  formatParityTable,
  isWithinTolerance,
  measureParity,
  type ParityRow,
  type ReferenceBatch,
  referenceFromPython,
} from "@vaeport/test/parity";
import { buildVae, loadDataset, readConfig } from "@vaeport/train";
import { loadTensorFlow } from "@vaeport/train/tensorflow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refereeFolder } from "../../scripts/lib/referees.mjs";
import { shippedFolder, shippedModels } from "./shipped.js";

const MEGABYTE = 2 ** 20;
const BATCH_SIZES = [1, 3];
const TENSORS = 6;
/** Held-out items that the card's numbers are measured again on. */
const ITEMS = 1000;

/** Held-out -ELBO in nats that a sound training of each ends at; published and own runs lie well inside. */
const PLAUSIBLE: Record<string, readonly [number, number]> = {
  "mnist-dense-20": [104, 108],
  "mnist-conv-2": [138, 150],
  "mnist-conv-cond": [95, 135],
  "fashion-conv-16": [230, 245],
};

const config = (name: string) =>
  fileURLToPath(new URL(`../../packages/train/configs/${name}.json`, import.meta.url));

function bytesUnder(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = entries.map((entry) => statSync(join(folder, entry)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

const machine = await availableRuntimes();
/** Software GPUs compile convolutions for half a minute: they are held to it nightly. */
const runtimes = machine.runtimes.filter(
  ({ provider }) => provider !== "webgpu" || process.env.VAEPORT_NIGHTLY || process.env.VAEPORT_GPU,
);
const rows: ParityRow[] = [];
afterAll(async () => {
  await machine.close();
  console.log(`\n${formatParityTable(rows)}`);
});

test("all of them are at most 12 MB", () => {
  const bytes = shippedModels.map((name) => bytesUnder(join(shippedFolder, name)));
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(12 * MEGABYTE);
});

test("each is listed in the readme, and the readme lists no other", () => {
  const readme = readFileSync(join(shippedFolder, "README.md"), "utf8");
  const listed = [...readme.matchAll(/\]\(([\w-]+)\/README\.md\)/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...shippedModels].sort());
});

describe.each(shippedModels)("%s", (name) => {
  const folder = join(shippedFolder, name);
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(folder, { provider: "cpu" });
  });
  afterAll(() => vae?.dispose());

  test("came from its config", async () => {
    const { data, latent, training, name: named, description } = await readConfig(config(name));
    expect(vae.manifest).toMatchObject({ name: named, description });
    expect(vae.manifest.latent.size).toBe(latent.size);
    expect(vae.manifest.training).toMatchObject({ dataset: data.name, epochs: training.epochs });
  });

  test("has a card with its data, metrics, parity, licences and pictures", () => {
    const card = readFileSync(join(folder, "README.md"), "utf8");
    for (const heading of ["Use", "Files", "Training", "Metrics", "Data", "Parity", "Pictures"]) {
      expect(card).toContain(`## ${heading}`);
    }
    expect(card).toContain("License: Apache-2.0");
    expect(card.match(/\| yes +\|$/gm)?.length).toBeGreaterThan(3);
    expect(card).not.toMatch(/\| NO +\|$/m);
    const pictures = [...card.matchAll(/\]\((pictures\/[\w-]+\.png)\)/g)].map(([, path]) => path!);
    expect(pictures.length).toBeGreaterThan(2);
    expect(pictures.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  test("has the numbers that its manifest stores", () => {
    expect(vae.runtime).toMatchObject({ chosen: "cpu", verified: true, wholeGraph: true });
  });

  test("is what the exporter makes of its config today, to the byte but for weights", async () => {
    const tf = await loadTensorFlow();
    const built = await readConfig(config(name));
    const dataset = await loadDataset(tf, { ...built.data, trainItems: 1, testItems: 1 });
    const { encoder, decoder } = buildVae(tf, built, dataset);
    dataset.dispose();
    // At the start all biases are zeros, which the exporter would store once.
    for (const [seed, weight] of [...encoder.weights, ...decoder.weights].entries()) {
      weight.write(tf.randomNormal(weight.shape as number[], 0, 0.01, "float32", seed + 1));
    }
    const { check, variants, producer: _, ...described } = vae.manifest;
    const summary = { ...described, format: "vaeport-run" as const, example: check.input };
    const label = described.condition && { label: 0 };
    const made = await exportVae(
      { encoder, decoder, summary: { ...summary, ...label } },
      { precisions: ["float16"], run: await onnxRunner() },
    );
    for (const graphs of [variants.float32, variants.float16!]) {
      for (const { file, bytes } of [graphs.encoder, graphs.decoder, graphs.score]) {
        expect(made.files[file]?.length, file).toBe(bytes);
      }
    }
  });

  test("is as good on held-out items as its card says", async () => {
    const tf = await loadTensorFlow();
    const { data } = await readConfig(config(name));
    const dataset = await loadDataset(tf, { ...data, trainItems: 1 });
    // Evenly over the set, which may be in the order of its classes.
    const step = Math.floor(dataset.test.shape[0] / ITEMS);
    const rows = Array.from({ length: ITEMS }, (_, i) => i * step);
    const picked = tf.tidy(() => tf.gather(dataset.test, rows));
    const x = { data: picked.dataSync() as Float32Array, shape: picked.shape };
    const labels = rows.map((row) => dataset.labels!.test[row]!);
    tf.dispose(picked);
    dataset.dispose();
    const label = vae.manifest.condition && labels;
    const { elbo } = await vae.score(x, { seed: 1, ...(label && { label }) });
    const measured = -elbo.reduce((sum, value) => sum + value / ITEMS, 0);
    const stated = vae.manifest.training.metrics.testNegativeElbo!;
    const [least, most] = PLAUSIBLE[name]!;
    expect(stated).toBeGreaterThan(least);
    expect(stated).toBeLessThan(most);
    // A tenth of the items differs from all of them by a nat or two.
    expect(Math.abs(measured - stated) / stated).toBeLessThan(0.03);
  });
});

describe.each(runtimes)("$name", (runtime) => {
  test.each(shippedModels)("runs %s with the numbers of Python's onnxruntime", async (name) => {
    const folder = join(shippedFolder, name);
    const row = await measureParity({ name, folder }, await reference(name), runtime);
    rows.push(row);
    expect(row.differences).toHaveLength(BATCH_SIZES.length * TENSORS);
    expect(row).toSatisfy(isWithinTolerance);
  });
});

const references = new Map<string, Promise<ReferenceBatch[]>>();

/** Computed once a model. */
function reference(name: string): Promise<ReferenceBatch[]> {
  const folder = join(shippedFolder, name);
  const known = references.get(name) ?? referenceFromPython(folder, BATCH_SIZES, refereeFolder);
  references.set(name, known);
  return known;
}
