/**
 * Damaged model files: whatever is done to model.json or its weights ends in an error of this
 * package, or in a model that tf.js and the exported graph compute alike.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ExportError,
  type ExportedModel,
  exportOnnx,
  exportOnnxFile,
  loadLayersModel,
  SourceError,
} from "@vaeport/export";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recurrentLayer } from "./features/recurrent.js";
import { expectOutputs, openSession } from "./support/compare.js";
import { type Damage, damage, damageJson, type Json } from "./support/damage.js";
import { parameters, TIMEOUT } from "./support/properties.js";
import { saveModel } from "./support/save.js";
import { indices, randomise, tf, tfl } from "./support/tf.js";

const { layers } = tfl;

const SEED = 20261127;
type Tensor = tfl.SymbolicTensor;

const folder = mkdtempSync(join(tmpdir(), "vaeport-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two branches of images, joined; a model inside. */
function images(): tfl.LayersModel {
  const x = tfl.input({ name: "x", shape: [6, 6, 2] });
  const conv = layers.conv2d({ name: "conv", filters: 3, kernelSize: 3, padding: "same" });
  const norm = layers.batchNormalization({ name: "norm" });
  const left = norm.apply(conv.apply(x)) as Tensor;
  const right = layers.separableConv2d({ name: "right", filters: 3, kernelSize: 1 }).apply(x);
  const sum = layers.add({ name: "sum" }).apply([left, right as Tensor]);
  const tail = tfl.sequential({ name: "tail" });
  tail.add(layers.maxPooling2d({ name: "pool", poolSize: 2, inputShape: [6, 6, 3] }));
  tail.add(layers.flatten({ name: "flat" }));
  tail.add(layers.dense({ name: "dense", units: 4, activation: "softmax" }));
  return tfl.model({ name: "images", inputs: x, outputs: tail.apply(sum) as Tensor });
}

/** Recurrent layers and wrappers. */
function sequences(): tfl.LayersModel {
  const x = tfl.input({ name: "x", shape: [5, 3] });
  const lstm = recurrentLayer("LSTM", { name: "lstm", returnSequences: true }) as tfl.RNN;
  const both = layers.bidirectional({ name: "both", layer: lstm, mergeMode: "concat" });
  const each = layers.timeDistributed({ name: "each", layer: layers.dense({ units: 2 }) });
  const gru = recurrentLayer("GRU", { name: "gru" });
  const y = gru.apply(each.apply(both.apply(x))) as Tensor;
  return tfl.model({ name: "sequences", inputs: x, outputs: y });
}

/** A model as it was saved. */
interface Document {
  folder: string;
  json: Json;
}

/** A folder's model as read and exported; undefined where that ends in an error of this package. */
async function exportFrom(
  path: string,
): Promise<{ model: tfl.LayersModel; exported: ExportedModel } | undefined> {
  try {
    const model = (await loadLayersModel(path)) as unknown as tfl.LayersModel;
    return { model, exported: exportOnnx(model) };
  } catch (error) {
    if (error instanceof ExportError) return undefined;
    throw error;
  }
}

/** The bytes that the file's export writes, its weights read one by one; undefined where it is refused. */
async function writtenFrom(path: string): Promise<Uint8Array | undefined> {
  const target = path.replace(/json$/, "onnx");
  try {
    await exportOnnxFile(path, target, { force: true });
    return readFileSync(target);
  } catch (error) {
    if (error instanceof ExportError) return undefined;
    throw error;
  }
}

/** More elements than this are not computed: a file can ask for images of any size. */
const MOST_ELEMENTS = 1e5;

/** An open size stands for few. */
const elements = (size: number | string) => (typeof size === "number" ? size : 1);

/** Runs both on one item, where tf.js itself can. */
async function expectAlike(model: tfl.LayersModel, { bytes, graph }: ExportedModel): Promise<void> {
  const sizes = [...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)].map(
    ({ shape }) => shape.slice(1).reduce((product: number, size) => product * elements(size), 1),
  );
  if (Math.max(...sizes) > MOST_ELEMENTS) return;
  const inputs = model.inputs.map(({ shape, dtype }, index) =>
    indices([1, ...shape.slice(1).map(Number)], 50 + index, 3, dtype as "float32"),
  );
  let expected: tf.Tensor[];
  try {
    expected = [model.predict(inputs)].flat();
  } catch {
    return;
  }
  if (!expected.every((tensor) => tensor.dataSync().every(Number.isFinite))) return;
  const session = await openSession(bytes);
  await expectOutputs(session, inputs, expected);
  await session.release();
}

/** Damages a copy of a model, and holds what comes of it. Says whether it was refused. */
async function survives(original: Document, damages: readonly Damage[]): Promise<boolean> {
  tf.engine().startScope();
  try {
    const document = structuredClone(original.json);
    for (const each of damages) damageJson(document, each);
    writeFileSync(join(original.folder, "damaged.json"), JSON.stringify(document));
    const path = join(original.folder, "damaged.json");
    const result = await exportFrom(path);
    // It looks at no initializers, and so takes some files that tf.js cannot load in full.
    const written = await writtenFrom(path);
    if (result !== undefined) {
      expect(written).toBeDefined();
      await expectAlike(result.model, result.exported);
    }
    return result === undefined;
  } finally {
    tf.engine().endScope();
  }
}

const MODELS = { images, sequences };

describe.each(Object.entries(MODELS))("a model of %s", (name, make) => {
  const original: Document = { folder: join(folder, name), json: null };
  const shard = () => join(original.folder, "group1-shard1of1.bin");
  let weights: Buffer;

  beforeAll(async () => {
    await saveModel(randomise(make()), original.folder);
    original.json = JSON.parse(readFileSync(join(original.folder, "model.json"), "utf8"));
    weights = readFileSync(shard());
  });

  test("is exported as it is", async () => {
    expect(await survives(original, [])).toBe(false);
  });

  test(
    "with model.json damaged in one place or several",
    async ({ task }) => {
      const before = Object.getOwnPropertyNames(Object.prototype);
      let refused = 0;
      const property = fc.asyncProperty(
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (damages) => {
          if (await survives(original, damages)) refused++;
        },
      );
      const given = parameters(150, SEED);
      await fc.assert(property, given);
      task.meta.measured = `${given.numRuns} cases, of which ${refused} are refused`;
      expect(refused).toBeGreaterThan(20);
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    },
    TIMEOUT,
  );

  test(
    "with weights damaged",
    async () => {
      const property = fc.asyncProperty(
        fc.nat(),
        fc.nat(255),
        fc.boolean(),
        async (at, byte, cut) => {
          const damaged = Buffer.from(weights);
          damaged[at % damaged.length] = byte;
          writeFileSync(shard(), cut ? damaged.subarray(0, at % damaged.length) : damaged);
          const refused = await survives(original, []);
          if (cut) expect(refused).toBe(true);
        },
      );
      try {
        await fc.assert(property, parameters(30, SEED));
      } finally {
        writeFileSync(shard(), weights);
      }
    },
    TIMEOUT,
  );

  test("with a weight that is NaN", async () => {
    const damaged = Buffer.from(weights);
    damaged.writeFloatLE(Number.NaN, 8);
    writeFileSync(shard(), damaged);
    const path = join(original.folder, "model.json");
    const model = await loadLayersModel(path);
    expect(() => exportOnnx(model)).toThrow(/has no number at element 2 \(NaN\)/);
    writeFileSync(shard(), weights);
  });
});

describe("layers that wait for one another", () => {
  const path = join(folder, "images", "damaged.json");
  interface Topology {
    modelTopology: { config: { layers: { name: string; inbound_nodes: unknown[][][] }[] } };
  }
  const rewire = (
    change: (of: (name: string) => { name: string; inbound_nodes: unknown[][][] }) => void,
  ) => {
    const document: Topology = JSON.parse(
      readFileSync(join(folder, "images", "model.json"), "utf8"),
    );
    const { layers } = document.modelTopology.config;
    change((name) => layers.find((layer) => layer.name === name)!);
    writeFileSync(path, JSON.stringify(document));
    return loadLayersModel(path);
  };

  test.each<
    [string, (of: (name: string) => { name: string; inbound_nodes: unknown[][][] }) => void, RegExp]
  >([
    [
      "a cycle",
      (of) => (of("conv").inbound_nodes[0]![0]![0] = "norm"),
      /inputs of "conv", "norm", "sum", "tail" are never made/,
    ],
    [
      "a layer behind itself",
      (of) => (of("conv").inbound_nodes[0]![0]![0] = "conv"),
      /inputs of "conv", /,
    ],
    [
      "a call that is not there",
      (of) => (of("conv").inbound_nodes[0]![0]![1] = 1),
      /inputs of "conv", /,
    ],
    [
      "a layer that is not there",
      (of) => (of("conv").inbound_nodes[0]![0]![0] = "gone"),
      /inputs of "conv", /,
    ],
    ["two of one name", (of) => (of("conv").name = "norm"), /named "norm" and "conv"/],
  ])("%s", async (_, change, message) => {
    const attempt = rewire(change);
    await expect(attempt).rejects.toThrow(SourceError);
    await expect(attempt).rejects.toThrow(message);
  });
});
