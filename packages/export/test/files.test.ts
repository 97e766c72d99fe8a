/** Exports to disk: external data, weights read from their shards one by one, every kind of source. */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  exportOnnx,
  exportOnnxFile,
  loadLayersModel,
  SourceError,
  TargetError,
} from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { expectClose } from "./support/compare.js";
import { readModel } from "./support/onnx.js";
import { runPython } from "./support/python.js";
import { saveModel } from "./support/save.js";
import { normal, randomise, sequential, tf, tfl } from "./support/tf.js";
import { convVae } from "./support/vaes.js";

const { layers } = tfl;
const scratch = mkdtempSync(join(tmpdir(), "vaeport-files-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (...parts: string[]) => join(scratch, ...parts);

/** Runs the file and tf.js on the same input. */
async function expectSame(file: string, model: tfl.LayersModel): Promise<void> {
  const x = normal([2, ...model.inputs[0]!.shape.slice(1).map(Number)], 4);
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 });
  const data = x.dataSync() as Float32Array;
  const feeds = { [session.inputNames[0]!]: new ort.Tensor("float32", data, x.shape) };
  const results = await session.run(feeds);
  await session.release();
  [model.predict(x)].flat().forEach((expected, index) => {
    const got = results[session.outputNames[index]!]?.data as Float32Array;
    expectClose(got, expected.dataSync() as Float32Array);
  });
}

const checkFile = (file: string) =>
  runPython("import sys, onnx; onnx.checker.check_model(sys.argv[1], full_check=True)", [file]);

/** Two weights above 16 MiB: one turned round and folded into, one as it is. */
function largeModel(): tfl.LayersModel {
  return sequential(
    [4, 1300],
    [
      layers.conv1d({ filters: 1300, kernelSize: 3, useBias: false }),
      layers.batchNormalization({}),
      layers.flatten({}),
      layers.dense({ units: 1800, activation: "tanh" }),
    ],
  );
}

describe("external data", () => {
  test("a small model, forced: the model's file beside that of its weights", async () => {
    const { encoder } = convVae(12, 3, 5);
    const { files } = await exportOnnxFile(encoder, at("small.onnx"), { externalData: true });
    expect(files.map(({ path }) => path)).toEqual([at("small.onnx"), at("small.onnx.data")]);
    for (const { path, bytes } of files) expect(readFileSync(path)).toHaveLength(bytes);
    await expectSame(at("small.onnx"), encoder);
    await checkFile(at("small.onnx"));
    const { initializer } = readModel(readFileSync(at("small.onnx"))).graph;
    const external = initializer.filter((tensor: object) => "dataLocation" in tensor);
    expect(external.length).toBeGreaterThan(0);
    for (const { externalData, rawData } of external) {
      const entries = Object.fromEntries(
        externalData.map(({ key, value }: { key: string; value: string }) => [key, value]),
      );
      expect(rawData ?? []).toHaveLength(0);
      expect(entries.location).toBe("small.onnx.data");
      expect(Number(entries.offset) % 4096).toBe(0);
    }
  });

  test("large weights, never all in memory: from memory and from shards the same files", async () => {
    const model = largeModel();
    await saveModel(model, at("large"), { shards: 3 });
    const options = { externalData: true };
    const seen: number[] = [];
    await exportOnnxFile(at("large", "model.json"), at("shards.onnx"), {
      ...options,
      onProgress: (written, total) => seen.push(written / total),
    });
    await exportOnnxFile(model, at("memory.onnx"), options);
    const [shards, memory] = ["shards", "memory"].map((name) =>
      readFileSync(at(`${name}.onnx.data`)),
    );
    expect(shards?.equals(memory!)).toBe(true);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    await expectSame(at("shards.onnx"), model);
    await checkFile(at("shards.onnx"));
  });

  test("large weights in lower precision", async () => {
    const model = largeModel();
    await exportOnnxFile(model, at("half.onnx"), { precision: "float16" });
    await exportOnnxFile(model, at("bytes.onnx"), { precision: "int8", externalData: true });
    const [half, bytes] = ["half.onnx", "bytes.onnx.data"].map((name) => readFileSync(at(name)));
    const { length } = exportOnnx(model).bytes;
    expect(half!.length / length).toBeCloseTo(0.5, 2);
    expect(bytes!.length / length).toBeCloseTo(0.25, 2);
    await checkFile(at("bytes.onnx"));
  });

  test("a large weight that is damaged, which shows while it is written, leaves nothing behind", async () => {
    await saveModel(largeModel(), at("damaged"), { shards: 3 });
    const shard = at("damaged", "group1-shard1of3.bin");
    const bytes = readFileSync(shard);
    bytes.writeUInt32LE(0xffc00000, 4 * 1000);
    writeFileSync(shard, bytes);
    const attempt = exportOnnxFile(at("damaged", "model.json"), at("damaged.onnx"), {
      externalData: true,
    });
    await expect(attempt).rejects.toThrow(/has no number at element \d+ \(NaN\)/);
    expect(readdirSync(scratch).filter((name) => /^damaged.onnx|partial/.test(name))).toEqual([]);
  });

  test("weights too small to lie beside it stay in the model's file", async () => {
    const model = sequential([2], [layers.dense({ units: 3 })]);
    const { files } = await exportOnnxFile(model, at("tiny.onnx"), { externalData: true });
    expect(files.map(({ path }) => path)).toEqual([at("tiny.onnx")]);
    await expectSame(at("tiny.onnx"), model);
  });

  test("nothing is replaced without force, nothing half written stays", async () => {
    const { encoder } = convVae(12, 3, 5);
    writeFileSync(at("taken.onnx.data"), "precious");
    const attempt = exportOnnxFile(encoder, at("taken.onnx"), { externalData: true });
    await expect(attempt).rejects.toThrow(TargetError);
    await expect(attempt).rejects.toThrow(/taken.onnx.data exists/);
    expect(readFileSync(at("taken.onnx.data"), "utf8")).toBe("precious");
    const interrupted = exportOnnxFile(encoder, at("stopped.onnx"), {
      externalData: true,
      onProgress: () => {
        throw new SourceError("stopped");
      },
    });
    await expect(interrupted).rejects.toThrow("stopped");
    expect(
      readdirSync(scratch).filter((name) => /partial|stopped|^taken.onnx$/.test(name)),
    ).toEqual([]);
    await exportOnnxFile(encoder, at("taken.onnx"), { externalData: true, force: true });
    await expectSame(at("taken.onnx"), encoder);
  });

  test("what is no file is never replaced", async () => {
    const { encoder } = convVae(12, 3, 5);
    execFileSync("mkfifo", [at("pipe.onnx")]);
    mkdirSync(at("folder.onnx"));
    for (const [name, kind] of [
      ["pipe", "device"],
      ["folder", "folder"],
    ] as const) {
      const attempt = exportOnnxFile(encoder, at(`${name}.onnx`), { force: true });
      await expect(attempt).rejects.toThrow(TargetError);
      await expect(attempt).rejects.toThrow(new RegExp(`${name}.onnx is a ${kind}`));
    }
    expect(statSync(at("pipe.onnx")).isFIFO()).toBe(true);
  });
});

describe("sources", () => {
  const net = () => sequential([6], [layers.dense({ units: 5, activation: "elu" })]);

  test("an address, with the hash of what was fetched in the metadata", async () => {
    const model = net();
    await saveModel(model, at("served"), { shards: 2 });
    const server = createServer((request, response) =>
      response.end(readFileSync(at("served", request.url ?? ""))),
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    await exportOnnxFile(`http://127.0.0.1:${port}/model.json`, at("served.onnx"));
    server.close();
    await expectSame(at("served.onnx"), model);
    const hash = await runPython(
      "import sys, hashlib; print(hashlib.sha256(b''.join(open(p, 'rb').read() for p in sys.argv[1:])).hexdigest())",
      ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"].map((name) =>
        at("served", name),
      ),
    );
    expect(readModel(readFileSync(at("served.onnx"))).metadataProps).toContainEqual({
      key: "source_sha256",
      value: hash.trim(),
    });
  });

  test("handlers of tf.io, given or registered for a scheme", async () => {
    const model = net();
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    await exportOnnxFile(tf.io.fromMemory(saved!), at("handler.onnx"));
    await expectSame(at("handler.onnx"), model);
    tf.io.registerLoadRouter((url) =>
      String(url).startsWith("vault://") ? tf.io.fromMemory(saved!) : (null as never),
    );
    await exportOnnxFile("vault://net", at("vault.onnx"));
    expect(readFileSync(at("vault.onnx"))).toEqual(readFileSync(at("handler.onnx")));
    await expect(loadLayersModel("nowhere://net")).rejects.toThrow(/^0 handlers of tf.io know/);
    const broken = { load: () => Promise.reject(new Error("locked")) };
    await expect(loadLayersModel(broken)).rejects.toThrow(/the handler's artifacts: locked/);
  });

  test("weights that tf.js constrains as it loads them", async () => {
    const constraint = layers.dense({ units: 5, kernelConstraint: "nonNeg" });
    await saveModel(sequential([6], [constraint]), at("constrained"));
    const path = at("constrained", "model.json");
    await exportOnnxFile(path, at("constrained.onnx"));
    await expectSame(at("constrained.onnx"), (await loadLayersModel(path)) as tfl.LayersModel);
  });

  test("initializers that are costly or unknown are not run", async () => {
    const lstm = { units: 3, recurrentInitializer: "zeros", unitForgetBias: true } as const;
    const model = sequential([4, 2], [layers.lstm(lstm)]);
    await saveModel(model, at("initial"));
    const path = at("initial", "model.json");
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace(
        /"kernel_initializer":\{[^}]*\{[^}]*\}\}/,
        '"kernel_initializer":{"class_name":"Nope","config":{}}',
      ),
    );
    expect(readFileSync(path, "utf8")).toContain("Nope");
    await exportOnnxFile(path, at("initial.onnx"));
    await expectSame(at("initial.onnx"), model);
  });

  test.each(["null", "left out"])("initializers that are %s are not run either", async (how) => {
    const lstm = { units: 3, recurrentInitializer: "zeros", unitForgetBias: false } as const;
    const model = sequential(
      [6, 6, 2],
      [
        layers.separableConv2d({ filters: 2, kernelSize: 2 }),
        layers.reshape({ targetShape: [5, 10] }),
        layers.bidirectional({ layer: layers.lstm(lstm) as tfl.RNN, mergeMode: "concat" }),
      ],
    );
    const folder = at(`initializers-${how}`);
    await saveModel(model, folder);
    const path = join(folder, "model.json");
    const written = readFileSync(path, "utf8");
    // tf.js cannot compute the orthogonal matrix that is recurrent weights' default without chained operators
    const bare = JSON.parse(written, (key, value) =>
      key.endsWith("_initializer") ? (how === "null" ? null : undefined) : value,
    );
    writeFileSync(path, JSON.stringify(bare));
    await exportOnnxFile(path, `${folder}.onnx`);
    await expectSame(`${folder}.onnx`, model);
  });
});

describe("quantised weights", () => {
  /** Stores weights as tensorflowjs_converter does: q = (w - min) / scale, or as halves. */
  async function quantise(folder: string, dtype: "uint8" | "uint16" | "float16") {
    await saveModel(randomise(convVae(12, 3, 5).encoder), folder);
    const path = join(folder, "model.json");
    const document = JSON.parse(readFileSync(path, "utf8"));
    const [group] = document.weightsManifest;
    const bytes = readFileSync(join(folder, group.paths[0]));
    const parts: Buffer[] = [];
    let offset = 0;
    for (const spec of group.weights) {
      const count = spec.shape.reduce((product: number, size: number) => product * size, 1);
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + offset), 0, count);
      offset += 4 * count;
      if (dtype === "float16") {
        spec.quantization = { original_dtype: "float32", dtype };
        parts.push(Buffer.from(Uint16Array.from(values, halfOf).buffer));
        continue;
      }
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const levels = dtype === "uint8" ? 255 : 65535;
      const scale = (high - low) / levels || 1;
      spec.quantization = { min: low, scale, dtype };
      const quantised = Array.from(values, (value) => Math.round((value - low) / scale));
      const typed = dtype === "uint8" ? Uint8Array.from(quantised) : Uint16Array.from(quantised);
      parts.push(Buffer.from(typed.buffer));
    }
    writeFileSync(join(folder, group.paths[0]), Buffer.concat(parts));
    writeFileSync(path, JSON.stringify(document));
    return {
      path,
      specs: group.weights,
      data: Buffer.concat(parts),
      topology: document.modelTopology,
    };
  }

  /** Halves cut, not rounded: any will do. */
  function halfOf(value: number): number {
    const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
    const exponent = ((bits >>> 23) & 0xff) - 112;
    return exponent <= 0
      ? 0
      : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
  }

  test.each(["uint8", "uint16", "float16"] as const)("%s, as tf.js reads them", async (dtype) => {
    const { path, specs, data, topology } = await quantise(at(dtype), dtype);
    const artifacts = {
      modelTopology: topology,
      weightSpecs: specs,
      weightData: new Uint8Array(data).buffer,
    };
    const reference = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
    const { graph } = await exportOnnxFile(path, at(`${dtype}.onnx`));
    const { source_sha256 = "" } = graph.metadata;
    const expected = exportOnnx(reference, { metadata: { source_sha256 } }).bytes;
    expect(new Uint8Array(readFileSync(at(`${dtype}.onnx`)))).toEqual(expected);
    const loaded = (await loadLayersModel(path)) as tfl.LayersModel;
    loaded.getWeights().forEach((weight, index) => {
      expect(weight.dataSync()).toEqual(reference.getWeights()[index]?.dataSync());
    });
    await expectSame(at(`${dtype}.onnx`), reference);
  });
});
