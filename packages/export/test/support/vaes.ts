/** Small VAEs with random weights, encoder and decoder apart, as training leaves them. */
import type { RunSummary } from "@vaeport/infer/manifest";
import { encodeTensor } from "@vaeport/infer/manifest";
import { seededUniform } from "@vaeport/infer/random";
import { randomise, tfl } from "./tf.js";

const { layers } = tfl;

type Tensor = tfl.SymbolicTensor;

function heads(x: Tensor, hidden: Tensor, latent: number): tfl.LayersModel {
  const head = (name: string) => layers.dense({ name, units: latent }).apply(hidden) as Tensor;
  const outputs = [head("mean"), head("log_variance")];
  return randomise(tfl.model({ name: "encoder", inputs: x, outputs }), 10);
}

/** Dense layers over flattened [size, size, 1] images. */
export function denseVae(size: number, hidden: number, latent: number) {
  const x = tfl.input({ name: "image", shape: [size, size, 1] });
  const flat = layers.flatten({ name: "flatten" }).apply(x);
  const h = layers.dense({ name: "hidden", units: hidden, activation: "relu" }).apply(flat);
  const decoder = tfl.sequential({ name: "decoder" });
  decoder.add(
    layers.dense({ name: "hidden", units: hidden, activation: "relu", inputShape: [latent] }),
  );
  decoder.add(layers.dense({ name: "pixels", units: size * size }));
  decoder.add(layers.reshape({ name: "image", targetShape: [size, size, 1] }));
  return { encoder: heads(x, h as Tensor, latent), decoder: randomise(decoder, 20) };
}

/** Strided convolutions with batch normalisation and odd channel counts, [size, size, channels]. */
export function convVae(size: number, channels: number, latent: number) {
  const conv = (name: string, filters: number) =>
    layers.conv2d({ name, filters, kernelSize: 3, strides: 2, padding: "same", useBias: false });
  const deconv = (name: string, filters: number) =>
    layers.conv2dTranspose({ name, filters, kernelSize: 3, strides: 2, padding: "same" });
  const x = tfl.input({ name: "image", shape: [size, size, channels] });
  let h = conv("conv1", 5).apply(x) as Tensor;
  h = layers.batchNormalization({ name: "norm1" }).apply(h) as Tensor;
  h = layers.activation({ name: "relu1", activation: "relu" }).apply(h) as Tensor;
  h = conv("conv2", 7).apply(h) as Tensor;
  h = layers.leakyReLU({ name: "relu2" }).apply(h) as Tensor;
  h = layers.flatten({ name: "flatten" }).apply(h) as Tensor;
  h = layers.dense({ name: "hidden", units: 9, activation: "relu" }).apply(h) as Tensor;
  const inner = size / 4;
  const decoder = tfl.sequential({
    name: "decoder",
    layers: [
      layers.dense({ name: "hidden", units: 9, activation: "relu", inputShape: [latent] }),
      layers.dense({ name: "grid", units: inner * inner * 7 }),
      layers.batchNormalization({ name: "norm1" }),
      layers.reshape({ name: "reshape", targetShape: [inner, inner, 7] }),
      layers.activation({ name: "relu1", activation: "relu" }),
      deconv("deconv1", 5),
      layers.batchNormalization({ name: "norm2" }),
      layers.activation({ name: "relu2", activation: "relu" }),
      deconv("deconv2", channels),
    ],
  });
  return { encoder: heads(x, h, latent), decoder: randomise(decoder, 20) };
}

/** The summary of a run with [size, size, channels] images. */
export function summaryOf(size: number, channels: number, latent: number): RunSummary {
  const shape = [size, size, channels];
  const pixels = Float32Array.from(seededUniform(7, size * size * channels));
  return {
    format: "vaeport-run",
    version: 1,
    name: "tiny",
    description: "A small model for tests.",
    license: "Apache-2.0",
    data: { shape, layout: "NHWC", range: [0, 1], binarised: false },
    latent: { size: latent, posterior: "diagonal" },
    likelihood: { name: "bernoulli", parameters: {} },
    training: {
      dataset: "noise",
      configHash: "0123abcd",
      seed: 3,
      epochs: 1,
      versions: { "@tensorflow/tfjs-layers": "4.22.0" },
      metrics: { negativeElbo: 105.25 },
    },
    example: encodeTensor(pixels, [1, ...shape]),
  };
}
