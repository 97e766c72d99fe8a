/** Networks from configurations: shapes, seeds, output bias, errors. */
import { join } from "node:path";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-node";
import {
  buildVae,
  ConfigError,
  configJsonSchema,
  type DiagonalPosterior,
  elboTerms,
  objective,
  parseConfig,
  type TrainConfigInput,
  type Vae,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { loadModel, saveNetworks } from "../src/training/networks.js";
import { startAtDataMean } from "../src/vae/initialise.js";
import { numbers, temporaryFolder, tf } from "./support.js";

type Item = [number, number, number];
type Model = TrainConfigInput["model"];

const conv: Model = {
  type: "conv",
  layers: [
    { channels: 5, stride: 2 },
    { channels: 7, kernel: 5 },
    { channels: 3, kernel: 4, stride: 2, padding: "valid" },
  ],
  hidden: [11],
  normalisation: "batch",
  activation: "elu",
};

function build(model: Model, itemShape: Item = [28, 28, 1], seed = 1): Vae {
  const config = { name: "n", data: { name: "mnist" }, model, latent: { size: 6 }, seed } as const;
  return buildVae(tf, parseConfig(config), { itemShape });
}

const bits = (vae: Vae) => vae.variables.map((variable) => variable.dataSync().slice());

describe("shapes", () => {
  test.each<[string, Model, Item]>([
    ["dense", { type: "dense", hidden: [9, 5], activation: "tanh" }, [28, 28, 1]],
    ["dense without hidden layers", { type: "dense", hidden: [] }, [3, 2, 3]],
    ["conv with odd channels", conv, [28, 28, 1]],
    ["conv of colour images that are not square", { ...conv, outputKernel: 1 }, [20, 12, 3]],
    ["conv on odd sizes", { type: "conv", layers: [{ channels: 3 }] }, [7, 9, 1]],
  ])("%s", (_, model, itemShape) => {
    const vae = build(model, itemShape);
    tf.tidy(() => {
      const posterior = vae.encode(tf.zeros([2, ...itemShape]));
      const { mean, logVariance } = posterior as DiagonalPosterior;
      expect([mean.shape, logVariance.shape]).toEqual([
        [2, 6],
        [2, 6],
      ]);
      expect(vae.decode(mean).logits?.shape).toEqual([2, ...itemShape]);
    });
    expect(vae.encoder.outputNames.map((name) => name.split("/")[0])).toEqual([
      "mean",
      "log_variance",
    ]);
    vae.dispose();
  });

  test("the dense decoder mirrors the encoder", () => {
    const vae = build({ type: "dense", hidden: [9, 5] });
    expect(vae.variables.filter(({ rank }) => rank === 2).map(({ shape }) => shape)).toEqual([
      ...[
        [784, 9],
        [9, 5],
        [5, 6],
        [5, 6],
      ],
      ...[
        [6, 5],
        [5, 9],
        [9, 784],
      ],
    ]);
    vae.dispose();
  });

  test.each<[string, Model, RegExp]>([
    [
      "a stride that does not divide",
      {
        type: "conv",
        layers: [
          { channels: 2, stride: 2 },
          { channels: 2, stride: 4 },
        ],
      },
      /model\.layers\[1\]: maps 14 pixels to 4, and the decoder's transpose maps them back to 16/,
    ],
    [
      "a kernel larger than the image",
      { type: "conv", layers: [{ channels: 2, kernel: 29, padding: "valid" }] },
      /model\.layers\[0\]: a kernel of 29 does not fit into 28 pixels/,
    ],
  ])("refuses %s", (_, model, message) => {
    expect(() => build(model)).toThrow(ConfigError);
    expect(() => build(model)).toThrow(message);
  });
});

test("a conv network's gradient equals a finite difference along it", () => {
  const vae = build({ ...conv, normalisation: "none", activation: "softplus" }, [12, 12, 2]);
  const images = tf.tensor4d(numbers(3 * 288, 0, 1), [3, 12, 12, 2]);
  const noise = tf.tensor3d(numbers(18, -2, 2), [1, 3, 6]);
  const weights = { beta: tf.scalar(1), capacity: tf.scalar(0) };
  const plain = { freeBits: 0, samples: 1 };
  const loss = () => objective(tf, plain, elboTerms(tf, vae, { x: images }, noise, true), weights);

  const { grads } = tf.variableGrads(loss, vae.variables);
  const gradients = vae.variables.map(({ name }) => grads[name]!);
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)).dataSync()[0]!);
  const norm = Math.sqrt(squares.reduce((a, b) => a + b));
  const move = (length: number) => {
    vae.variables.forEach((variable, i) => {
      variable.assign(tf.add(variable, tf.mul(gradients[i]!, length / norm)));
    });
    return loss().dataSync()[0]!;
  };
  const step = 0.02;
  const difference = (move(step) - move(-2 * step)) / (2 * step);
  expect(Math.abs(difference / norm - 1)).toBeLessThan(2e-3);
  vae.dispose();
});

describe("initial weights", () => {
  test.each<[string, Model]>([
    ["dense", { type: "dense" }],
    ["conv", conv],
  ])("%s: the same seed gives the same bits, another seed others", (_, model) => {
    const [first, again, other] = [1, 1, 2].map((seed) => build(model, [28, 28, 1], seed)) as [
      Vae,
      Vae,
      Vae,
    ];
    expect(bits(again)).toEqual(bits(first));
    expect(bits(other)).not.toEqual(bits(first));
    for (const vae of [first, again, other]) vae.dispose();
  });

  test("layers of one shape differ, since each has a seed of its own", () => {
    const vae = build({ type: "dense", hidden: [6, 6, 6] });
    const square = vae.variables.filter(({ shape }) => String(shape) === "6,6");
    const distinct = new Set(square.map((variable) => String(variable.dataSync())));
    expect(square).toHaveLength(7);
    expect(distinct.size).toBe(7);
    vae.dispose();
  });

  test("kernels are Glorot-uniform: within the limit, with its variance", () => {
    const vae = build({ type: "dense" });
    const kernel = vae.variables[0]!.dataSync<"float32">();
    const limit = Math.sqrt(6 / (784 + 400));
    const variance = kernel.reduce((sum, w) => sum + w * w, 0) / kernel.length;
    expect(Math.max(...kernel.subarray(0, 50_000).map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(variance / (limit ** 2 / 3)).toBeCloseTo(1, 2);
    vae.dispose();
  });
});

describe("starting at the data's mean", () => {
  const images = tf.tensor4d(numbers(3 * 4 * 4 * 2, 0, 1), [3, 4, 4, 2]) as Tensor4D;

  test.each<[string, Model, number | number[]]>([
    ["dense: of each pixel", { type: "dense" }, 0],
    ["conv: of each channel", { type: "conv", layers: [{ channels: 3 }] }, [0, 1, 2]],
  ])("%s", (_, model, axes) => {
    const vae = build(model, [4, 4, 2]);
    startAtDataMean(tf, vae, images);
    tf.tidy(() => {
      const emitted = vae.likelihood.mean(vae.decode(tf.zeros([1, 6])));
      const mean = tf.add(tf.zeros([1, 4, 4, 2]), tf.mean(images, axes));
      expect(tf.max(tf.abs(tf.sub(emitted, mean))).dataSync()[0]).toBeLessThan(1e-6);
    });
    vae.dispose();
  });

  test("pixels that never light up keep a finite bias", () => {
    const vae = build({ type: "dense" }, [4, 4, 2]);
    startAtDataMean(tf, vae, tf.zeros([3, 4, 4, 2]));
    const bias = vae.variables.at(-1)!.dataSync();
    for (const value of bias) expect(value).toBeCloseTo(Math.log(0.001 / 0.999), 4);
    vae.dispose();
  });
});

test.each<[string, Partial<TrainConfigInput>, RegExp]>([
  ["a latent space", { latent: { size: 1e9 } }, /latent\.size: .* \[9,1000000000\], .* 2147483647/],
  [
    "a full covariance",
    { latent: { size: 1e5, posterior: "full" } },
    /latent\.size: .*\[9,1000000/,
  ],
  [
    "a hidden layer",
    { model: { type: "dense", hidden: [5e6] } },
    /model\.hidden: .*\[784,5000000\]/,
  ],
  [
    "a convolution",
    { model: { type: "conv", layers: [{ channels: 1e9 }] } },
    /model\.layers: .*\[3,3,1,1000000000\]/,
  ],
  [
    "a stack of blocks",
    { model: { type: "dense", hidden: [9], residualBlocks: 1e9 } },
    /model: asks for more than 1024 layers/,
  ],
])("%s that is too large for memory is refused before it is made", (_, changes, message) => {
  const model = { type: "dense", hidden: [9] } as const;
  const config = { name: "n", data: { name: "mnist" }, model, latent: { size: 6 }, ...changes };
  const made = () =>
    buildVae(tf, parseConfig(config as TrainConfigInput), { itemShape: [28, 28, 1] });
  expect(made).toThrow(ConfigError);
  expect(made).toThrow(message);
});

test("every activation that a config may name survives being saved", async () => {
  const folder = await temporaryFolder();
  const [, list] = /"activation":\{[^}]*"enum":\[([^\]]*)\]/.exec(
    JSON.stringify(configJsonSchema()),
  )!;
  const names: string[] = JSON.parse(`[${list}]`);
  expect(names.length).toBeGreaterThan(10);
  const x = tf.tensor2d(numbers(20, -3, 3), [5, 4]);
  for (const activation of names) {
    const layers = { type: "dense", hidden: [6, 6], activation } as Model;
    const config = parseConfig({
      name: "n",
      data: { name: "mnist" },
      model: layers,
      latent: { size: 2 },
    });
    const vae = buildVae(tf, config, { itemShape: [4] });
    await saveNetworks(join(folder, activation), vae);
    const encoder = await loadModel(tf, join(folder, activation, "encoder"));
    const [before, after] = [vae.encoder, encoder].map(
      (network) => (network.predict(x) as Tensor[])[0]!,
    );
    expect(after!.dataSync(), activation).toEqual(before!.dataSync());
    vae.dispose();
  }
});
