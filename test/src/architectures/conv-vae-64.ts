/**
 * The convolutional VAE for 64x64 colour images that is usual for CelebA: strided convolutions of 32
 * to 512 filters with batch normalisation and LeakyReLU, 128 latents. 2 million parameters a side.
 */
import * as tfl from "@tensorflow/tfjs-layers";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

const WIDTHS = [32, 64, 128, 256, 512];
const LATENT = 128;
const half = { kernelSize: 3, strides: 2, padding: "same" } as const;

function activated(x: Tensor): Tensor {
  const y = layers.batchNormalization({}).apply(x);
  return layers.leakyReLU({ alpha: 0.01 }).apply(y) as Tensor;
}

/** [N, 64, 64, 3] -> mean and log-variance, each [N, 128]. */
export function convVaeEncoder(): tfl.LayersModel {
  const image = tfl.input({ name: "image", shape: [64, 64, 3] });
  let x = image as Tensor;
  for (const filters of WIDTHS) {
    x = activated(layers.conv2d({ filters, ...half }).apply(x) as Tensor);
  }
  const flat = layers.flatten().apply(x) as Tensor;
  const outputs = ["mean", "log_variance"].map(
    (name) => layers.dense({ name, units: LATENT }).apply(flat) as Tensor,
  );
  return tfl.model({ name: "conv_vae_encoder", inputs: image, outputs });
}

/** Latents [N, 128] -> pixels in [-1, 1], [N, 64, 64, 3]. */
export function convVaeDecoder(): tfl.LayersModel {
  const z = tfl.input({ name: "z", shape: [LATENT] });
  let x = layers.dense({ units: 2 * 2 * 512 }).apply(z) as Tensor;
  x = layers.reshape({ targetShape: [2, 2, 512] }).apply(x) as Tensor;
  for (const filters of [...WIDTHS.slice(0, -1).reverse(), 32]) {
    x = activated(layers.conv2dTranspose({ filters, ...half }).apply(x) as Tensor);
  }
  const pixels = layers.conv2d({
    name: "pixels",
    filters: 3,
    kernelSize: 3,
    padding: "same",
    activation: "tanh",
  });
  return tfl.model({ name: "conv_vae_decoder", inputs: z, outputs: pixels.apply(x) as Tensor });
}
