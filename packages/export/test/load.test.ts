/** Reading model.json and its weight shards, from disk and over HTTP. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  exportOnnx,
  exportOnnxFile,
  type LayersModelLike,
  loadLayersModel,
  SourceError,
} from "@vaeport/export";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recurrentLayer } from "./features/recurrent.js";
import { expectClose } from "./support/compare.js";
import { saveModel } from "./support/save.js";
import { normal, sequential, type tf, tfl } from "./support/tf.js";

const folder = mkdtempSync(join(tmpdir(), "vaeport-load-"));
const path = join(folder, "model.json");
const model = sequential([4], [tfl.layers.dense({ units: 3, activation: "relu" })]);
const input = normal([2, 4], 5);
const expected = (model.predict(input) as tf.Tensor).dataSync();

beforeEach(() => saveModel(model, folder, { shards: 2 }));
afterAll(() => rmSync(folder, { recursive: true }));

async function expectSame(location: string): Promise<void> {
  const loaded = (await loadLayersModel(location)) as tfl.LayersModel;
  expectClose(
    (loaded.predict(input) as tf.Tensor).dataSync() as Float32Array,
    expected as Float32Array,
  );
}

test("from a path and from a file address, weights in several shards", async () => {
  await expectSame(path);
  await expectSame(pathToFileURL(path).href);
});

describe("over HTTP", () => {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, request.url ?? "")));
    } catch {
      response.writeHead(404).end();
    }
  });
  let address = "";

  beforeAll(
    () =>
      new Promise<void>((done) => {
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as { port: number };
          address = `http://127.0.0.1:${port}`;
          done();
        });
      }),
  );
  afterAll(() => void server.close());

  test("the same model", () => expectSame(`${address}/model.json`));

  test("what is not there", async () => {
    const missing = loadLayersModel(`${address}/other.json`);
    await expect(missing).rejects.toThrow(SourceError);
    await expect(missing).rejects.toThrow(/status 404/);
    await expect(loadLayersModel("http://127.0.0.1:1/model.json")).rejects.toThrow(/Cannot fetch/);
  });
});

describe("what is damaged", () => {
  type Weight = Record<string, unknown>;
  interface Document {
    format?: string;
    modelTopology?: { config: { layers: Record<string, unknown>[] } };
    weightsManifest?: { paths: string[]; weights: Weight[] }[];
  }
  const edit = (change: (document: Document) => Document) => {
    const document: Document = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify(change(document)));
  };
  /** Changes the first weight group. */
  const regroup = (change: { paths?: string[]; weights?: (old: Weight[]) => Weight[] }) =>
    edit(({ weightsManifest: [group] = [], ...rest }) => {
      const { paths = [], weights = [] } = group ?? {};
      const changed = change.weights?.(weights) ?? weights;
      return { ...rest, weightsManifest: [{ paths: change.paths ?? paths, weights: changed }] };
    });
  const shard = (number: number) => join(folder, `group1-shard${number}of2.bin`);

  test.each<[string, () => void, RegExp]>([
    ["no file", () => rmSync(path), /there is no such file/],
    ["no JSON", () => writeFileSync(path, "{"), /is not JSON/],
    ["a list", () => writeFileSync(path, "[]"), /holds no JSON object/],
    ["a graph model", () => edit((d) => ({ ...d, format: "graph-model" })), /not a tf.js layers/],
    ["no topology", () => edit(({ weightsManifest = [] }) => ({ weightsManifest })), /not a tf.js/],
    [
      "no manifest",
      () => edit(({ modelTopology }) => ({ modelTopology: modelTopology! })),
      /\[0\]/,
    ],
    ["a shard elsewhere", () => regroup({ paths: ["../other.bin"] }), /inside the model's folder/],
    [
      "a shard by address",
      () => regroup({ paths: ["http://x/y.bin"] }),
      /inside the model's folder/,
    ],
    [
      "an unknown dtype",
      () => regroup({ weights: (old) => old.map((weight) => ({ ...weight, dtype: "string" })) }),
      /weightsManifest\[0\]: expected .* name, shape and dtype/,
    ],
    ["a missing shard", () => rmSync(shard(1)), /group1-shard1of2.bin: there is no such file/],
    [
      "a truncated shard",
      () => writeFileSync(shard(2), "xy"),
      /should hold 60 bytes of weights, got 32/,
    ],
    [
      "a weight of no layer",
      () => regroup({ weights: (old) => [...old, { ...old[0], name: "x", shape: [0] }] }),
      /cannot build the model/,
    ],
    [
      "an unknown layer",
      () =>
        edit(({ modelTopology, ...rest }) => {
          Object.assign(modelTopology!.config.layers[1]!, { class_name: "Nope" });
          return { modelTopology: modelTopology!, ...rest };
        }),
      /Unknown layer: Nope/,
    ],
  ])("%s", async (_, damage, message) => {
    damage();
    const attempt = loadLayersModel(path);
    await expect(attempt).rejects.toThrow(SourceError);
    await expect(attempt).rejects.toThrow(message);
  });

  test("a topology of something else, which tf.js builds all the same", async () => {
    edit(({ modelTopology, ...rest }) => {
      Object.assign(modelTopology!, { class_name: "Zeros", config: {} });
      return { modelTopology: modelTopology!, ...rest };
    });
    const attempt = exportOnnxFile(path, join(folder, "model.onnx"));
    await expect(attempt).rejects.toThrow(SourceError);
    await expect(attempt).rejects.toThrow(/model\.json describes another of tf\.js' classes/);
  });
});

test("a random initializer of no scale, inside a model inside, with which tf.js never ends", async () => {
  const inner = tfl.sequential({ name: "inner" });
  inner.add(tfl.layers.dense({ units: 2, inputShape: [4] }));
  const x = tfl.input({ shape: [4] });
  const outer = tfl.model({ inputs: x, outputs: inner.apply(x) as tfl.SymbolicTensor });
  await saveModel(outer, folder);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace('"scale":1,', '"scale":"x",'));
  expect(readFileSync(path, "utf8")).not.toBe(text);
  const loaded = (await loadLayersModel(path)) as tfl.LayersModel;
  const [got, wanted] = [loaded, outer].map((each) =>
    (each.predict(input) as tf.Tensor).dataSync(),
  );
  expect(got).toEqual(wanted);
});

test.each<[string, readonly number[], () => tfl.layers.Layer[]]>([
  ["LSTM", [5, 4], () => [recurrentLayer("LSTM", { goBackwards: true })]],
  ["GRU", [5, 4], () => [recurrentLayer("GRU")]],
  [
    "RNN",
    [5, 4],
    () => [
      tfl.layers.rnn({
        cell: [2, 3].map((units) => tfl.layers.gruCell({ units, recurrentInitializer: "zeros" })),
      }),
    ],
  ],
  [
    "ConvLSTM2D",
    [2, 3, 4, 1],
    () => [
      tfl.layers.convLstm2d({
        filters: 2,
        kernelSize: 2,
        recurrentInitializer: "zeros",
        unitForgetBias: false,
      }),
    ],
  ],
  [
    "Bidirectional",
    [5, 4],
    () => [
      tfl.layers.bidirectional({
        layer: recurrentLayer("SimpleRNN", { returnSequences: true }) as tfl.RNN,
        mergeMode: "sum" as "concat",
      }),
    ],
  ],
  [
    "TimeDistributed",
    [3, 4, 2],
    () => [tfl.layers.timeDistributed({ layer: tfl.layers.conv1d({ filters: 2, kernelSize: 2 }) })],
  ],
  [
    "Conv3DTranspose",
    [2, 3, 2, 2],
    () => [tfl.layers.conv3dTranspose({ filters: 2, kernelSize: 2 })],
  ],
  ["SeparableConv2D", [4, 5, 2], () => [tfl.layers.separableConv2d({ filters: 2, kernelSize: 2 })]],
])("a %s from its file is exported as the one in memory", async (name, shape, net) => {
  const original = sequential(shape, net());
  await saveModel(original, join(folder, name));
  const loaded = await loadLayersModel(join(folder, name, "model.json"));
  const bytes = (source: LayersModelLike) => exportOnnx(source, { graphName: "same" }).bytes;
  expect(bytes(loaded)).toEqual(bytes(original));
});
