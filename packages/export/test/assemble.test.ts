/** Model folders out of graphs made elsewhere: PyTorch's numbers arrive, and what is no VAE is refused. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  assembleVae,
  CheckError,
  type DescribeOptions,
  type GraphPair,
  OptionError,
  type RunGraph,
  readModelFolder,
  SourceError,
  tritonRepository,
} from "@vaeport/export";
import { loadVae } from "@vaeport/infer";
import { decodeTensor, type TensorRecord } from "@vaeport/infer/manifest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onnxRunner } from "../src/onnx-runtime.js";

const scratch = mkdtempSync(join(tmpdir(), "vaeport-assemble-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const bin = here("../bin/vaeport-export.js");
const graph = (path: string) => readFileSync(here(path));
const pytorch = {
  encoder: graph("fixtures/pytorch/encoder.onnx"),
  decoder: graph("fixtures/pytorch/decoder.onnx"),
};
const conditional = {
  encoder: graph("../../infer/test/fixtures/tiny-conditional/encoder.onnx"),
  decoder: graph("../../infer/test/fixtures/tiny-conditional/decoder.onnx"),
};

let run: RunGraph;
beforeAll(async () => {
  run = await onnxRunner("the tests");
});

function vaeportExport(...args: string[]) {
  return new Promise<{ code: unknown; output: string; errors: string }>((done) => {
    execFile(process.execPath, [bin, ...args], (error, output, errors) => {
      done({ code: error?.code ?? 0, output, errors });
    });
  });
}

/** The largest error, beside what is allowed between runtimes. */
function expectNear(got: ArrayLike<number>, expected: Float32Array): void {
  expect(got.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
  expect(error).toBeLessThanOrEqual(1e-5 + 1e-4 * largest);
}

test("PyTorch's pair gives PyTorch's numbers, by the command, the folder and loadVae", async () => {
  const folder = join(scratch, "pytorch");
  const files = ["encoder", "decoder"].map((name) => here(`fixtures/pytorch/${name}.onnx`));
  const args = ["manifest", ...files, "-o", folder, "--license", "MIT", "--dataset", "noise"];
  const { code, output, errors } = await vaeportExport(...args);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(output).toContain(
    "items [3, 8, 8] (NCHW), values [0, 1], 4 latent dimensions, diagonal posterior, bernoulli likelihood",
  );

  const { torch, ...records } = JSON.parse(
    readFileSync(here("fixtures/pytorch/expected.json"), "utf8"),
  ) as Record<string, TensorRecord>;
  const golden = Object.fromEntries(
    Object.entries(records).map(([name, record]) => [name, decodeTensor(record).data]),
  ) as Record<string, Float32Array>;
  await using vae = await loadVae(folder);
  expect(vae.manifest).toMatchObject({
    name: "pytorch",
    license: "MIT",
    training: { dataset: "noise", versions: { pytorch: torch } },
  });
  const x = golden.x!;
  const { mean, logVariance } = await vae.encode(x);
  expectNear(mean.data, golden.mean!);
  expectNear(logVariance.data, golden.log_variance!);
  expectNear((await vae.reconstruct(x)).data, golden.reconstruction!);
  const scores = await vae.score(x, { samples: 0 });
  expectNear(scores.distortion, golden.distortion!);
  expectNear(scores.rate, golden.rate!);

  const { notes } = tritonRepository(await readModelFolder(folder));
  expect(notes).toHaveLength(2);
  expect(notes[0]).toContain("The encoder graph has IR version 10");
});

test("graphs with classes", async () => {
  const options: DescribeOptions = { name: "a", layout: "NHWC", classes: ["a", "b", "c"] };
  const { manifest } = await assembleVae(conditional, options, run);
  expect(manifest.condition).toEqual({ classes: 3, names: ["a", "b", "c"] });
  const unnamed = await assembleVae(conditional, { name: "a", layout: "NHWC" }, run);
  expect(unnamed.manifest.condition?.names).toEqual(["0", "1", "2"]);
});

test("graphs with a full covariance, which get its score", async () => {
  const full = "../../infer/test/fixtures/tiny-full/";
  const pair = { encoder: graph(`${full}encoder.onnx`), decoder: graph(`${full}decoder.onnx`) };
  const { manifest, files } = await assembleVae(pair, { name: "a", layout: "NHWC" }, run);
  expect(manifest.latent.posterior).toBe("full");
  await using vae = await loadVae({ manifest, files });
  await using original = await loadVae(here(full));
  const x = Float32Array.from({ length: 24 }, (_, i) => i / 24);
  const [got, expected] = [
    await vae.score(x, { samples: 0 }),
    await original.score(x, { samples: 0 }),
  ];
  expectNear(got.distortion, expected.distortion);
  expectNear(got.rate, expected.rate);
});

test("a Gaussian likelihood of fixed variance, which needs no output but the mean", async () => {
  const options: DescribeOptions = {
    name: "a",
    likelihood: "gaussian",
    parameters: { variance: 0.1 },
  };
  const { manifest, files } = await assembleVae(pytorch, options, run);
  await using vae = await loadVae({ manifest, files });
  const x = new Float32Array(192).fill(0.25);
  const { distortion } = await vae.score(x, { samples: 0 });
  const { data } = await vae.reconstruct(x);
  const square = data.reduce((sum, mean) => sum + (x[0]! - mean) ** 2, 0);
  const closed = (square / 0.1 + 192 * Math.log(2 * Math.PI * 0.1)) / 2;
  expectNear(distortion, Float32Array.of(closed));
});

describe("refuses", () => {
  const assemble = (pair: GraphPair, options: Partial<DescribeOptions> = {}, runner = run) =>
    assembleVae(pair, { name: "refused", ...options }, runner);
  const { encoder, decoder } = pytorch;

  test.each<[string, GraphPair, RegExp]>([
    ["what is no ONNX", { encoder: Buffer.from("{}"), decoder }, /The encoder is no ONNX file/],
    ["a file cut off", { encoder, decoder: decoder.subarray(0, 999) }, /The decoder is no ONNX/],
    [
      "the two exchanged",
      { encoder: decoder, decoder: encoder },
      /encoder: no input x; it has z.\n.*encoder: no output mean; it has reconstruction, logits.\n.*\n.*decoder: no input z; it has x/,
    ],
    [
      "another latent size and shape",
      { encoder, decoder: conditional.decoder },
      /encoder: the output mean must be \[N, 2\], got \[N, 4\][\s\S]*reconstruction must be \[N, 3, 8, 8\]/,
    ],
  ])("%s", async (_, pair, message) => {
    await expect(assemble(pair)).rejects.toThrow(SourceError);
    await expect(assemble(pair)).rejects.toThrow(message);
  });

  test.each<[Partial<DescribeOptions>, GraphPair, RegExp]>([
    [{}, conditional, /layout: items \[4, 3, 1\] do not tell where their channels are/],
    [
      { likelihood: "gaussian" },
      pytorch,
      /gaussian needs data_log_variance of the decoder.*--parameter variance/,
    ],
    [{ parameters: { foo: 1 } }, pytorch, /parameters: bernoulli has none, got foo\./],
    [
      { likelihood: "gaussian", parameters: { varianse: 1 } },
      pytorch,
      /parameters: gaussian has variance, logVarianceFloor, got varianse\./,
    ],
    [{ classes: ["a"] }, pytorch, /classes: neither graph takes a label/],
    [{ classes: ["a"], layout: "NHWC" }, conditional, /a label of 3 classes, got 1 names/],
  ])("options that do not fit: %j", async (options, pair, message) => {
    await expect(assemble(pair, options)).rejects.toThrow(OptionError);
    await expect(assemble(pair, options)).rejects.toThrow(message);
  });

  type Spoil = (value: number, index: number, data: Float32Array) => number;

  /** Runs as ever, and then changes an output. */
  const spoiled =
    (output: string, spoil: Spoil): RunGraph =>
    async (bytes, feeds) => {
      const outputs = await run(bytes, feeds);
      const tensor = outputs[output];
      if (tensor === undefined) return outputs;
      return { ...outputs, [output]: { ...tensor, data: tensor.data.map(spoil) } };
    };

  test.each<[string, string, Spoil, RegExp]>([
    [
      "sampling inside",
      "mean",
      (value) => value + Math.random(),
      /encoder: run again, it gives mean/,
    ],
    [
      "batch statistics",
      "log_variance",
      (value, _, data) => value + data.length / 100,
      /encoder: for an item on its own, it gives log_variance\[0\]/,
    ],
    ["no numbers", "logits", () => Number.NaN, /decoder: logits\[0\] is NaN/],
    [
      "another function than the logistic",
      "reconstruction",
      (value) => value ** 2,
      /decoder: reconstruction\[0\] is .*, but the mean of a bernoulli likelihood with logits\[0\] =/,
    ],
  ])("%s", async (_, output, spoil, message) => {
    const rejected = assemble(pytorch, {}, spoiled(output, spoil));
    await expect(rejected).rejects.toThrow(CheckError);
    await expect(rejected).rejects.toThrow(message);
  });

  test("on the command line, with 2 for wrong usage", async () => {
    const files = ["encoder", "decoder"].map((name) => here(`fixtures/pytorch/${name}.onnx`));
    const target = ["-o", join(scratch, "never")];
    const range = await vaeportExport("manifest", ...files, ...target, "--range", "1");
    expect(range).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/two numbers, such as -1,1/),
    });
    const missing = await vaeportExport("manifest", "nowhere.onnx", files[1]!, ...target);
    expect(missing).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/nowhere.onnx: there is no such file/),
    });
    const swapped = await vaeportExport("manifest", files[1]!, files[0]!, ...target);
    expect(swapped).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/encoder: no input x; it has z/),
    });
  });
});
