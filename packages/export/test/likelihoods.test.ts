/** Decoder and score graphs of every likelihood and posterior, run by ONNX Runtime, against float64 by their definitions. */

import { exportVae } from "@vaeport/export";
import {
  decodeTensor,
  encodeTensor,
  type ModelDescription,
  type RunSummary,
} from "@vaeport/infer/manifest";
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { decoderGraph, encoderGraph, scoreGraph, type VaeDescription } from "../src/vae/graphs.js";
import { modelCard } from "../src/vae/model-card.js";
import { checkOnnx } from "./referee.js";
import { expectClose } from "./support/compare.js";
import { randomise, tfl } from "./support/tf.js";
import { summaryOf } from "./support/vaes.js";

const { layers } = tfl;
type Symbolic = tfl.SymbolicTensor;

const ITEM = [2, 3, 1];
const SIZE = 6;
const K = 3;

const describeModel = (
  likelihood: ModelDescription["likelihood"],
  changes: Partial<VaeDescription> = {},
): VaeDescription => ({
  data: { shape: ITEM, layout: "NHWC", range: [0, 1], binarised: false },
  latent: { size: K, posterior: "diagonal" },
  likelihood,
  ...changes,
});

type Feeds = Record<string, { data: Float32Array; shape: readonly number[] }>;

async function run(graph: Uint8Array, feeds: Feeds): Promise<Record<string, Float32Array>> {
  const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(
    ([name, { data, shape }]) => [name, new ort.Tensor("float32", data, [...shape])] as const,
  );
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]),
  );
}

/** A decoder of random linear heads. */
function linearDecoder(heads: number): tfl.LayersModel {
  const z = tfl.input({ name: "z", shape: [K] });
  const outputs = Array.from({ length: heads }, (_, i) => {
    const dense = layers.dense({ name: `head_${i}`, units: SIZE }).apply(z);
    return layers.reshape({ name: `image_${i}`, targetShape: ITEM }).apply(dense) as Symbolic;
  });
  return randomise(tfl.model({ name: "decoder", inputs: z, outputs }), 30);
}

const logistic = (t: number) => 1 / (1 + Math.exp(-t));
const softplus = (t: number) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
const level = (u: number) => Math.round(u * 255) / 255;

interface Case {
  name: string;
  likelihood: ModelDescription["likelihood"];
  /** Data and parameters of 4 items. */
  x: Float32Array;
  scored: Record<string, Float32Array>;
  /** -log p of one value, by another form than the graph's. */
  exact: (x: number, scored: Record<string, number>) => number;
}

const COUNT = 4 * SIZE;
const uniform = Float32Array.from(seededUniform(1, COUNT));
const normal = (seed: number, scale: number) => seededNormal(seed, COUNT).map((v) => scale * v);
/** Through 0, around the place where the series takes over, and far out. */
const LOGITS = [0, 1e-6, 1e-3, 0.1, 0.29, 0.31, 1, 5, 15, 60];
const crossing = Float32Array.from({ length: COUNT }, (_, i) => {
  return (LOGITS[i % LOGITS.length] ?? 0) * (i % 3 === 0 ? -1 : 1);
});
const levels = uniform.map((u, i) => (i === 0 ? 0 : i === 1 ? 1 : level(u)));

const CASES: Case[] = [
  {
    name: "Bernoulli",
    likelihood: { name: "bernoulli", parameters: {} },
    x: uniform,
    scored: { logits: normal(2, 5) },
    exact: (x, { logits: a = 0 }) => x * softplus(-a) + (1 - x) * softplus(a),
  },
  {
    name: "continuous Bernoulli",
    likelihood: { name: "continuous-bernoulli", parameters: { logitLimit: 16 } },
    x: uniform,
    scored: { logits: crossing },
    // log of the integral of e^(a t) over [0, 1] is log((e^a - 1) / a)
    exact: (x, { logits: a = 0 }) =>
      (Math.abs(a) < 1e-3
        ? a / 2 + a ** 2 / 24
        : a > 0
          ? a + Math.log(-Math.expm1(-a) / a)
          : Math.log(Math.expm1(a) / a)) -
      a * x,
  },
  {
    name: "Gaussian of constant variance",
    likelihood: { name: "gaussian", parameters: { variance: 0.04 } },
    x: uniform,
    scored: { reconstruction: normal(3, 1) },
    exact: (x, { reconstruction: m = 0 }) =>
      -Math.log(Math.exp(-((x - m) ** 2) / 0.08) / Math.sqrt(2 * Math.PI * 0.04)),
  },
  {
    name: "Gaussian of learned variance",
    likelihood: { name: "gaussian", parameters: { logVarianceFloor: -12 } },
    x: uniform,
    scored: { reconstruction: normal(3, 1), data_log_variance: normal(4, 2) },
    exact: (x, { reconstruction: m = 0, data_log_variance: s = 0 }) =>
      (x - m) ** 2 / (2 * Math.exp(s)) + Math.log(Math.sqrt(2 * Math.PI * Math.exp(s))),
  },
  {
    name: "discretised logistic",
    likelihood: { name: "discretised-logistic", parameters: { levels: 256, logScaleFloor: -7 } },
    x: levels,
    scored: {
      reconstruction: levels.map((x, i) => x + (seededNormal(5, COUNT)[i] ?? 0) * 0.02),
      data_log_scale: normal(6, 1.2).map((v) => v - 4),
    },
    exact(x, { reconstruction: m = 0, data_log_scale: s = 0 }) {
      const at = (t: number) => logistic((t - m) / Math.exp(s));
      if (x === 0) return -Math.log(at(1 / 510));
      if (x === 1) return -Math.log(1 - at(1 - 1 / 510));
      return -Math.log(at(x + 1 / 510) - at(x - 1 / 510));
    },
  },
];

describe.each(CASES)("$name", ({ likelihood, x, scored, exact }) => {
  const description = describeModel(likelihood);

  test("the score graph gives the density by its definition", async () => {
    const feeds = Object.fromEntries(
      Object.entries({ x, ...scored }).map(([name, data]) => [name, { data, shape: [4, ...ITEM] }]),
    );
    const posterior = { data: new Float32Array(4 * K), shape: [4, K] };
    const { bytes } = scoreGraph(description);
    await checkOnnx([bytes]);
    const { distortion } = await run(bytes, { ...feeds, mean: posterior, log_variance: posterior });
    const expected = [0, 1, 2, 3].map((item) =>
      Array.from({ length: SIZE }, (_, i) => item * SIZE + i).reduce((sum, at) => {
        const values = Object.entries(scored).map(([name, data]) => [name, data[at] ?? 0] as const);
        return sum + exact(x[at] ?? 0, Object.fromEntries(values));
      }, 0),
    );
    expectClose(distortion!, expected);
  });
});

// The learned variance's head is one value an item; the conditional model below has it.
const DECODED = CASES.filter(({ likelihood }) => !("logVarianceFloor" in likelihood.parameters));

describe.each(DECODED)("$name", ({ likelihood }) => {
  test("the decoder graph gives a mean in range, and parameters within their bounds", async () => {
    const heads = likelihood.name === "discretised-logistic" ? 2 : 1;
    const { bytes } = decoderGraph(linearDecoder(heads), describeModel(likelihood));
    await checkOnnx([bytes]);
    const z = { data: seededNormal(8, 4 * K).map((v) => 40 * v), shape: [4, K] };
    const found = await run(bytes, { z });
    expect(
      Object.values(found)
        .flatMap((values) => [...values])
        .every(Number.isFinite),
    ).toBe(true);
    const { logits, reconstruction, data_log_scale } = found;
    if (logits) {
      expect(reconstruction!.every((value) => value >= 0 && value <= 1)).toBe(true);
      const limit = likelihood.parameters.logitLimit ?? Number.POSITIVE_INFINITY;
      expect(Math.max(...logits.map(Math.abs))).toBeLessThanOrEqual(limit);
    }
    if (data_log_scale) expect(Math.min(...data_log_scale)).toBeGreaterThanOrEqual(-7);
  });
});

test("the continuous Bernoulli's mean is exact through logit 0", async () => {
  const z = tfl.input({ name: "z", shape: [SIZE] });
  const outputs = layers.reshape({ name: "image", targetShape: ITEM }).apply(z) as Symbolic;
  const decoder = tfl.model({ name: "decoder", inputs: z, outputs });
  const description = {
    ...describeModel({ name: "continuous-bernoulli", parameters: { logitLimit: 16 } }),
    latent: { size: SIZE, posterior: "diagonal" as const },
  };
  const { bytes } = decoderGraph(decoder, description);
  const { reconstruction } = await run(bytes, { z: { data: crossing, shape: [4, SIZE] } });
  const expected = Array.from(crossing, (raw) => {
    const a = Math.min(Math.max(raw, -16), 16);
    return Math.abs(a) < 1e-2 ? 0.5 + a / 12 - a ** 3 / 720 : 1 / -Math.expm1(-a) - 1 / a;
  });
  expectClose(reconstruction!, expected);
});

/** An encoder and decoder of a conditional model with a full covariance and a learned variance. */
function conditionalFull(classes: number) {
  const label = () => tfl.input({ name: "label", shape: [classes] });
  const dense = (name: string, units: number) => layers.dense({ name, units });
  const [x, forEncoder] = [tfl.input({ name: "x", shape: ITEM }), label()];
  const flat = layers.flatten({ name: "flat" }).apply(x) as Symbolic;
  const seen = layers.concatenate({ name: "join" }).apply([flat, forEncoder]);
  const matrix = dense("lower", K * K).apply(seen);
  const outputs = [
    dense("mean", K).apply(seen),
    dense("log_variance", K).apply(seen),
    layers.reshape({ name: "matrix", targetShape: [K, K] }).apply(matrix),
  ] as Symbolic[];
  const encoder = tfl.model({ name: "encoder", inputs: [x, forEncoder], outputs });
  const [z, forDecoder] = [tfl.input({ name: "z", shape: [K] }), label()];
  const code = layers.concatenate({ name: "join" }).apply([z, forDecoder]);
  const value = layers.reshape({ name: "value", targetShape: [1, 1, 1] });
  const image = layers.reshape({ name: "image", targetShape: ITEM });
  const heads = [
    image.apply(dense("pixels", SIZE).apply(code)),
    value.apply(dense("spread", 1).apply(code)),
  ] as Symbolic[];
  const decoder = tfl.model({ name: "decoder", inputs: [z, forDecoder], outputs: heads });
  return { encoder: randomise(encoder, 40), decoder: randomise(decoder, 50) };
}

describe("a conditional model with a full covariance", () => {
  const description = describeModel(
    { name: "gaussian", parameters: { logVarianceFloor: -12 } },
    { latent: { size: K, posterior: "full" }, condition: { classes: 2, names: ["a", "b"] } },
  );

  test("every graph gives the check vector, whose factor is a lower triangle", async () => {
    const models = conditionalFull(2);
    const example = encodeTensor(Float32Array.from(seededUniform(7, SIZE)), [1, ...ITEM]);
    const summary: RunSummary = { ...summaryOf(2, 1, K), ...description, label: 1, example };
    const { manifest, files } = await exportVae({ ...models, summary });
    await checkOnnx(Object.values(files));
    const card = modelCard(manifest, []);
    expect(card).toContain("Conditional on the class: a, b.");
    expect(card).toContain(
      "| `x` [N, 2, 3, 1], `label` [N, 2], one-hot -> `mean` [N, 3], `scale_tril` [N, 3, 3] |",
    );
    expect(card).toContain(
      "| `z` [N, 3], `label` [N, 2], one-hot -> `reconstruction`, `data_log_variance` [N, 2, 3, 1] |",
    );
    expect(card).toContain("| `x`, `mean`, `scale_tril`, `reconstruction`, `data_log_variance` ->");
    expect(card).toContain("z = mean + scale_tril * noise");
    const { check } = manifest;
    const stored = (name: string) => decodeTensor(check.outputs[name]!);
    const label = { data: Float32Array.of(0, 1), shape: [1, 2] };
    const x = decodeTensor(check.input);
    const encoded = await run(files["encoder.onnx"]!, { x, label });
    const factor = stored("scale_tril").data;
    const noise = decodeTensor(check.noise).data;
    const z = stored("mean").data.map((m, row) =>
      noise.reduce((sum, value, column) => sum + factor[row * K + column]! * value, m),
    );
    const decoded = await run(files["decoder.onnx"]!, { z: { data: z, shape: [1, K] }, label });
    const scored = await run(files["score.onnx"]!, {
      x,
      mean: stored("mean"),
      scale_tril: stored("scale_tril"),
      reconstruction: stored("reconstruction"),
      data_log_variance: stored("data_log_variance"),
    });
    const got = { ...encoded, ...decoded, ...scored };
    expect(Object.keys(got).sort()).toEqual(Object.keys(check.outputs).sort());
    for (const name of Object.keys(got)) expectClose(got[name]!, stored(name).data);
    factor.forEach((value, at) => {
      const [row, column] = [Math.floor(at / K), at % K];
      if (column > row) expect(value).toBe(0);
      if (column === row) expect(value).toBeGreaterThan(0);
    });
    // KL(N(m, S) || N(0, I)) = (tr S + m'm - k - log det S) / 2
    const squares = [...stored("mean").data, ...factor].reduce((sum, v) => sum + v * v, 0);
    const logDeterminant =
      2 * [0, 1, 2].reduce((sum, j) => sum + Math.log(factor[j * (K + 1)]!), 0);
    expectClose(scored.rate!, [(squares - K - logDeterminant) / 2]);
  });

  test("a model without the matrix, or without the label, is refused", () => {
    const { encoder } = conditionalFull(2);
    const diagonal = { ...description, latent: { size: K, posterior: "diagonal" as const } };
    expect(() => encoderGraph(encoder, diagonal)).toThrow(/summary asks for/);
    const { condition: _, ...unconditional } = description;
    expect(() => encoderGraph(encoder, unconditional)).toThrow(/and \[N, 2\] -> .*asks for/);
  });
});
