import { printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { sequential, tfl } from "./support/tf.js";

checkAllWithOnnx();

type Format = "channelsLast" | "channelsFirst";

/** Rows, columns and channels as the data format orders them. */
const image = (format: Format, height: number, width: number, channels: number) =>
  format === "channelsLast" ? [height, width, channels] : [channels, height, width];

const shared = [
  { kernelSize: 3, padding: "same", size: [7, 6] },
  { kernelSize: 3, padding: "valid", size: [7, 6] },
  { kernelSize: 1, padding: "same", size: [5, 4] },
  { kernelSize: [2, 3], padding: "same", size: [5, 8] },
  { kernelSize: 3, strides: 2, padding: "same", size: [7, 7] },
  { kernelSize: 3, strides: 2, padding: "same", size: [8, 8] },
  { kernelSize: 4, strides: 2, padding: "same", size: [8, 9] },
  { kernelSize: 5, strides: [3, 2], padding: "same", size: [11, 10] },
  { kernelSize: 2, strides: 3, padding: "same", size: [8, 7] },
  { kernelSize: 1, strides: 2, padding: "valid", size: [6, 5] },
  { kernelSize: 5, strides: 2, padding: "valid", size: [9, 10] },
  { kernelSize: 3, padding: "same", size: [6, 6], useBias: false },
  { kernelSize: 3, padding: "same", size: [6, 6], activation: "tanh" },
  { kernelSize: 3, padding: "same", size: [5, 6], dataFormat: "channelsFirst" },
  { kernelSize: 3, strides: 2, padding: "same", size: [5, 6], dataFormat: "channelsFirst" },
  {
    kernelSize: 3,
    strides: 2,
    padding: "valid",
    size: [7, 6],
    dataFormat: "channelsFirst",
    activation: "softmax",
  },
] as const;

const dilated = [
  { kernelSize: 3, dilationRate: 2, padding: "same", size: [7, 8] },
  { kernelSize: 3, dilationRate: [1, 3], padding: "valid", size: [6, 9] },
  { kernelSize: 2, dilationRate: 2, padding: "same", size: [6, 5], dataFormat: "channelsFirst" },
] as const;

interface Case {
  readonly kernelSize: number | readonly [number, number];
  readonly strides?: number | readonly [number, number];
  readonly dilationRate?: number | readonly [number, number];
  readonly padding: "same" | "valid";
  readonly size: readonly [number, number];
  readonly useBias?: boolean;
  readonly activation?: "tanh" | "softmax";
  readonly dataFormat?: Format;
}

function layerArguments({ size, dataFormat = "channelsLast", ...rest }: Case) {
  const shape = image(dataFormat, size[0], size[1], 3);
  const config = { filters: 5, dataFormat, ...structuredClone(rest) };
  return { shape, config: config as Parameters<typeof tfl.layers.conv2d>[0] };
}

describe("Conv2D", () => {
  test.each<Case>([...shared, ...dilated])("%j", async (parameters) => {
    const { shape, config } = layerArguments(parameters);
    await compare(sequential(shape, [tfl.layers.conv2d(config)]));
  });

  test("prints", async () => {
    const layer = tfl.layers.conv2d({
      name: "conv",
      filters: 5,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
    });
    const { graph } = await compare(sequential([7, 6, 3], [layer]));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 7, 6, 3]
      outputs conv [N, 4, 3, 5]
        conv/Transpose [N, 3, 7, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 5, 4, 3] = Conv(conv/Transpose, conv/kernel [5, 3, 3, 3], conv/bias [5]) {kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 1]}
        conv/Relu [N, 5, 4, 3] = Relu(conv/Conv)
        conv [N, 4, 3, 5] = Transpose(conv/Relu) {perm=[0, 2, 3, 1]}
      "
    `);
  });
});

describe("Conv2DTranspose", () => {
  test.each<Case>(shared)("%j", async (parameters) => {
    const { shape, config } = layerArguments(parameters);
    await compare(sequential(shape, [tfl.layers.conv2dTranspose(config)]));
  });

  test("prints", async () => {
    const layer = tfl.layers.conv2dTranspose({
      name: "deconv",
      filters: 5,
      kernelSize: 2,
      strides: 3,
      padding: "same",
      dataFormat: "channelsFirst",
    });
    const { graph } = await compare(sequential([3, 7, 6], [layer]));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 3, 7, 6]
      outputs deconv [N, 5, 21, 18]
        deconv [N, 5, 21, 18] = ConvTranspose(x, deconv/kernel [3, 5, 2, 2], deconv/bias [5]) {kernel_shape=[2, 2], strides=[3, 3], pads=[0, 0, 0, 0], output_padding=[1, 1]}
      "
    `);
  });
});
