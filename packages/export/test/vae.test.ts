/** A VAE as three graphs, a manifest and a folder. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  exportVae,
  printGraph,
  readRun,
  SourceError,
  TargetError,
  writeModelFolder,
} from "@vaeport/export";
import { onnxRunner } from "@vaeport/export/onnxruntime-node";
import { loadVae } from "@vaeport/infer";
import { decodeTensor, parseManifest } from "@vaeport/infer/manifest";
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { scoreGraph, type VaeDescription } from "../src/vae/graphs.js";
import { checkOnnx } from "./referee.js";
import { expectClose } from "./support/compare.js";
import { saveModel } from "./support/save.js";
import { tf } from "./support/tf.js";
import { convVae, denseVae, summaryOf } from "./support/vaes.js";

const scratch = mkdtempSync(join(tmpdir(), "vaeport-vae-"));
afterAll(() => rmSync(scratch, { recursive: true }));

type Feeds = Record<string, { data: Float32Array; shape: readonly number[] }>;

async function run(graph: Uint8Array, feeds: Feeds): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(
    ([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)] as const,
  );
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return results;
}

const floats = (tensor: ort.Tensor | undefined) => tensor?.data as Float32Array;

describe("exportVae", () => {
  test.each([
    ["dense", () => denseVae(8, 11, 3), 8, 1],
    ["convolutional", () => convVae(8, 3, 5), 8, 3],
  ] as const)("%s: every graph gives the check vector", async (_, make, size, channels) => {
    const models = make();
    const latent = models.decoder.inputs[0]?.shape[1] as number;
    const summary = summaryOf(size, channels, latent);
    const { manifest, files } = await exportVae({ ...models, summary });
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
    await checkOnnx(Object.values(files));

    const { input, noise, outputs, seed } = manifest.check;
    expect(decodeTensor(noise).data).toEqual(seededNormal(seed, latent));
    const check = (name: string) => decodeTensor(outputs[name]!);
    const x = decodeTensor(input);
    const encoded = await run(files["encoder.onnx"]!, { x });
    const z = check("mean").data.map(
      (m, i) => m + Math.exp(check("log_variance").data[i]! / 2) * decodeTensor(noise).data[i]!,
    );
    const decoded = await run(files["decoder.onnx"]!, { z: { data: z, shape: [1, latent] } });
    const scored = await run(files["score.onnx"]!, {
      x,
      mean: check("mean"),
      log_variance: check("log_variance"),
      logits: check("logits"),
    });
    const got = { ...encoded, ...decoded, ...scored };
    expect(Object.keys(got).sort()).toEqual(Object.keys(outputs).sort());
    for (const name of Object.keys(outputs)) {
      expect(got[name]?.dims).toEqual(check(name).shape);
      expectClose(floats(got[name]), check(name).data);
    }
  });

  test("files are as the manifest says, and the same each time", async () => {
    const vae = { ...denseVae(8, 11, 3), summary: summaryOf(8, 1, 3) };
    const { manifest, files } = await exportVae(vae);
    for (const { file, bytes, sha256 } of [
      manifest.variants.float32.encoder,
      manifest.variants.float32.decoder,
      manifest.variants.float32.score,
    ]) {
      expect(files[file]?.byteLength).toBe(bytes);
      expect(createHash("sha256").update(files[file]!).digest("hex")).toBe(sha256);
    }
    expect(await exportVae(vae)).toEqual({ manifest, files, pictures: {} });
  });

  test("refuses a model that gives no numbers", async () => {
    const vae = denseVae(8, 11, 3);
    const weights = vae.decoder.getWeights();
    vae.decoder.setWeights(
      weights.map((weight) => tf.fill(weight.shape, Number.POSITIVE_INFINITY)),
    );
    const attempt = exportVae({ ...vae, summary: summaryOf(8, 1, 3) });
    await expect(attempt).rejects.toThrow(SourceError);
    await expect(attempt).rejects.toThrow("The decoder gives NaN for the summary's example");
  });

  test("refuses a summary of another model", async () => {
    const vae = denseVae(8, 11, 3);
    const wrong = exportVae({ ...vae, summary: summaryOf(8, 1, 4) });
    await expect(wrong).rejects.toThrow(SourceError);
    await expect(wrong).rejects.toThrow(
      "The encoder maps [N, 8, 8, 1] -> [N, 3] and [N, 3], the summary asks for [N, 8, 8, 1] -> [N, 4] and [N, 4].",
    );
  });
});

describe("score", () => {
  const shape: VaeDescription = {
    data: { shape: [4, 3, 2], layout: "NHWC", range: [0, 1], binarised: false },
    latent: { size: 5, posterior: "diagonal" },
    likelihood: { name: "bernoulli", parameters: {} },
  };

  test("prints", () => {
    expect(printGraph(scoreGraph(shape).graph)).toMatchInlineSnapshot(`
      "graph score, opset 17
      inputs  x [N, 4, 3, 2], mean [N, 5], log_variance [N, 5], logits [N, 4, 3, 2]
      outputs distortion [N, 1], rate [N, 1]
        distortion/Softplus [N, 4, 3, 2] = Softplus(logits)
        distortion/Mul [N, 4, 3, 2] = Mul(x, logits)
        distortion/Sub [N, 4, 3, 2] = Sub(distortion/Softplus, distortion/Mul)
        distortion/Reshape [N, 24] = Reshape(distortion/Sub, [0, 24])
        distortion [N, 1] = ReduceSum(distortion/Reshape, [1]) {keepdims=1}
        rate/Exp [N, 5] = Exp(log_variance)
        rate/Sub [N, 5] = Sub(rate/Exp, 1)
        rate/Sub_2 [N, 5] = Sub(rate/Sub, log_variance)
        rate/Mul [N, 5] = Mul(mean, mean)
        rate/Add [N, 5] = Add(rate/Sub_2, rate/Mul)
        rate/ReduceSum [N, 1] = ReduceSum(rate/Add, [1]) {keepdims=1}
        rate [N, 1] = Mul(rate/ReduceSum, 0.5)
      "
    `);
  });

  test("is the Bernoulli distortion and the diagonal rate, in float64 by their definitions", async () => {
    const n = 7;
    const size = 24;
    const x = Float32Array.from(seededUniform(1, n * size));
    const logits = seededNormal(2, n * size).map((value) => 6 * value);
    const mean = seededNormal(3, n * 5);
    const logVariance = seededNormal(4, n * 5).map((value) => 2 * value);
    const { distortion, rate } = await run(scoreGraph(shape).bytes, {
      x: { data: x, shape: [n, 4, 3, 2] },
      logits: { data: logits, shape: [n, 4, 3, 2] },
      mean: { data: mean, shape: [n, 5] },
      log_variance: { data: logVariance, shape: [n, 5] },
    });
    expect([distortion?.dims, rate?.dims]).toEqual([
      [n, 1],
      [n, 1],
    ]);
    const items = Array.from({ length: n }, (_, item) => item);
    const slice = (data: Float32Array, item: number, length: number) =>
      Array.from(data.subarray(item * length, (item + 1) * length));
    // -log p(x | p) = -sum(x log p + (1 - x) log(1 - p)), p = 1 / (1 + e^-l).
    const crossEntropy = items.map((item) => {
      const pixels = slice(x, item, size);
      return slice(logits, item, size).reduce((sum, logit, i) => {
        const p = 1 / (1 + Math.exp(-logit));
        return sum - pixels[i]! * Math.log(p) - (1 - pixels[i]!) * Math.log(1 - p);
      }, 0);
    });
    // KL(N(m, v) || N(0, 1)) = (v + m^2 - 1 - log v) / 2.
    const divergence = items.map((item) => {
      const means = slice(mean, item, 5);
      return slice(logVariance, item, 5).reduce((sum, s, i) => {
        return sum + (Math.exp(s) + means[i]! ** 2 - 1 - s) / 2;
      }, 0);
    });
    expectClose(floats(distortion), crossEntropy);
    expectClose(floats(rate), divergence);
  });

  test("stays finite at large logits", async () => {
    const logits = Float32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 200 : -200));
    const { distortion } = await run(scoreGraph(shape).bytes, {
      x: { data: logits.map((logit) => (logit > 0 ? 1 : 0)), shape: [1, 4, 3, 2] },
      logits: { data: logits, shape: [1, 4, 3, 2] },
      mean: { data: new Float32Array(5), shape: [1, 5] },
      log_variance: { data: new Float32Array(5), shape: [1, 5] },
    });
    expectClose(floats(distortion), [0]);
  });
});

describe("precisions", () => {
  const summary = summaryOf(8, 3, 5);
  const vae = { ...convVae(8, 3, 5), summary };

  test("variants are files of their own, with their error, and infer loads each", async () => {
    const run = await onnxRunner();
    const exported = await exportVae(vae, { precisions: ["int8", "float16", "float32"], run });
    const { variants } = exported.manifest;
    expect(Object.keys(exported.files)).toEqual([
      ...["encoder.onnx", "decoder.onnx", "score.onnx"],
      ...["encoder.float16.onnx", "decoder.float16.onnx"],
      ...["encoder.int8.onnx", "decoder.int8.onnx"],
    ]);
    await checkOnnx(Object.values(exported.files));
    const folder = join(scratch, "precisions");
    await writeModelFolder(folder, exported);
    const card = readFileSync(join(folder, "README.md"), "utf8");
    expect(card).toMatch(/\n\| `precision: "int8"` \| mean \d\.\de-\d, log_variance /);
    const x = decodeTensor(summary.example);
    const reference = await loadVae(folder);
    const expected = await reference.encode(x);
    for (const precision of ["float16", "int8"] as const) {
      expect(variants[precision]?.score).toEqual(variants.float32.score);
      const stated = variants[precision]?.errorAgainstFloat32?.mean ?? 0;
      const loaded = await loadVae(folder, { precision, provider: "cpu", strict: true });
      const { mean } = await loaded.encode(x);
      const errors = mean.data.map((value, i) => Math.abs(value - expected.mean.data[i]!));
      expect(Math.max(...errors)).toBeCloseTo(stated, 6);
      expect(stated).toBeGreaterThan(0);
      await loaded.dispose();
    }
    await reference.dispose();
  });

  test("a variant needs a function that runs graphs, and a name that is known", async () => {
    await expect(exportVae(vae, { precisions: ["int8"] })).rejects.toThrow(
      /options.run: lower precisions need/,
    );
    const unknown = exportVae(vae, { precisions: ["int4" as "int8"] });
    await expect(unknown).rejects.toThrow(/expected float16 or int8, got int4/);
  });
});

describe("folders", () => {
  /** A run folder as training leaves it. */
  async function writeRun(folder: string): Promise<string> {
    const { encoder, decoder } = convVae(8, 1, 3);
    await saveModel(encoder, join(folder, "encoder"));
    await saveModel(decoder, join(folder, "decoder"));
    writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryOf(8, 1, 3)));
    mkdirSync(join(folder, "pictures"));
    writeFileSync(join(folder, "pictures", "samples.png"), "not really a picture");
    return folder;
  }

  test("a run folder becomes a model folder, whole", async () => {
    const exported = await exportVae(await readRun(await writeRun(join(scratch, "run"))));
    const folder = join(scratch, "nested", "model");
    await writeModelFolder(folder, exported);
    expect(readdirSync(folder).sort()).toEqual([
      "README.md",
      "decoder.onnx",
      "encoder.onnx",
      "pictures",
      "score.onnx",
      "vae.json",
    ]);
    expect(parseManifest(JSON.parse(readFileSync(join(folder, "vae.json"), "utf8")))).toEqual(
      exported.manifest,
    );
    expect(new Uint8Array(readFileSync(join(folder, "encoder.onnx")))).toEqual(
      exported.files["encoder.onnx"],
    );
    expect(readFileSync(join(folder, "README.md"), "utf8")).toMatchInlineSnapshot(`
      "# tiny

      A small model for tests.

      A variational autoencoder of noise: items [8, 8, 1] (NHWC), values [0, 1], 3 latent dimensions, diagonal posterior, bernoulli likelihood.

      ## Use

      \`\`\`js
      import { loadVae } from "@vaeport/infer";

      const vae = await loadVae("path/to/this/folder/");
      const images = await vae.sample(16, { seed: 1 });
      console.log(images.shape, vae.runtime.chosen);
      await vae.dispose();
      \`\`\`

      Any ONNX Runtime runs the graphs as well: opset 17, float32, open batch size N. Latent vectors are drawn outside, z = mean + exp(log_variance / 2) * noise.

      ## Files

      | file | size | tensors |
      | --- | --- | --- |
      | encoder.onnx | 4,304 bytes | \`x\` [N, 8, 8, 1] -> \`mean\`, \`log_variance\` [N, 3] |
      | decoder.onnx | 4,827 bytes | \`z\` [N, 3] -> \`reconstruction\`, \`logits\` [N, 8, 8, 1] |
      | score.onnx | 1,383 bytes | \`x\`, \`mean\`, \`log_variance\`, \`logits\` -> \`distortion\`, \`rate\` [N, 1], nats per item |

      \`vae.json\` describes them, with checksums and a vector to check a runtime against.

      ## Training

      |  |  |
      | --- | --- |
      | dataset | noise |
      | epochs | 1 |
      | seed | 3 |
      | configuration hash | 0123abcd |
      | @tensorflow/tfjs-layers | 4.22.0 |

      ## Metrics

      | metric | value |
      | --- | --- |
      | negativeElbo | 105.25 |

      ## Pictures

      ![samples](pictures/samples.png)

      License: Apache-2.0.
      "
    `);

    await expect(writeModelFolder(folder, exported)).rejects.toThrow(TargetError);
    writeFileSync(join(folder, "stale.txt"), "");
    await writeModelFolder(folder, { ...exported, pictures: {} }, { force: true });
    expect(existsSync(join(folder, "stale.txt"))).toBe(false);
    expect(existsSync(join(folder, "pictures"))).toBe(false);
    expect(readdirSync(join(scratch, "nested"))).toEqual(["model"]);
  });

  test("a folder that is no model folder is never replaced", async () => {
    const exported = await exportVae({ ...denseVae(8, 11, 3), summary: summaryOf(8, 1, 3) });
    const folder = join(scratch, "precious");
    mkdirSync(folder);
    writeFileSync(join(folder, "thesis.txt"), "years of work");
    await expect(writeModelFolder(folder, exported, { force: true })).rejects.toThrow(
      /not replaced/,
    );
    expect(readdirSync(folder)).toEqual(["thesis.txt"]);
  });

  test("a run folder without its parts", async () => {
    await expect(readRun(join(scratch, "nowhere"))).rejects.toThrow(
      /summary.json: there is no such file/,
    );
    const folder = join(scratch, "broken");
    await writeRun(folder);
    writeFileSync(join(folder, "summary.json"), "{}");
    await expect(readRun(folder)).rejects.toThrow(/summary.json, format/);
    writeFileSync(join(folder, "summary.json"), "{");
    await expect(readRun(folder)).rejects.toThrow(/is not JSON/);
  });

  test("nothing of tf.js is left behind", async () => {
    const vae = { ...denseVae(8, 11, 3), summary: summaryOf(8, 1, 3) };
    const before = tf.memory().numTensors;
    await exportVae(vae);
    expect(tf.memory().numTensors).toBe(before);
  });
});
