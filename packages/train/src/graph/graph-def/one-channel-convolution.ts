/**
 * Convolutions to one channel, as the last of a decoder of grey images, which oneDNN computes as if to eight. Here one
 * matrix product gives a plane for each weight of the kernel, and the planes, moved to where they belong, are added.
 */
import { DT } from "../native.js";
import type { Operation, Value } from "../recording/recording.js";
import { attribute, type GraphBuilder, type Output } from "./builder.js";
import { addInOrder } from "./sums.js";

/** With fewer input channels there is little to win. */
const LEAST_CHANNELS = 8;

interface Convolution {
  /** [B, H, W, C] */
  x: Output;
  shape: readonly [number, number, number, number];
  /** C weights for each place of the kernel. */
  filter: Output;
  /** [height, width], both odd. */
  kernel: readonly [number, number];
  /** A transposed convolution moves planes the other way. */
  transposed: boolean;
}

/** The nodes of a convolution to one channel, of stride 1 and padding "same"; undefined for any other operator. */
export function oneChannelConvolution(
  graph: GraphBuilder,
  operation: Operation,
  values: readonly Value[],
  operands: readonly Output[],
): Output | undefined {
  const found = recognise(operation, values, operands);
  return found && write(graph, found);
}

function recognise(
  { name, attributes, inputs }: Operation,
  values: readonly Value[],
  operands: readonly Output[],
): Convolution | undefined {
  const transposed = name === "Conv2DBackpropInput";
  if (!transposed && name !== "Conv2D") return undefined;
  const settings = Object.fromEntries(attributes.map(({ name, value }) => [name, value]));
  const { strides, dilations, padding, data_format } = settings;
  const plain = [strides, dilations].flat().every((step) => step === 1);
  if (!plain || padding !== "SAME" || data_format !== "NHWC") return undefined;
  const [x, filter] = transposed ? [2, 1] : [0, 1];
  const shape = values[inputs[x]!]!.shape as Convolution["shape"];
  const [height, width, ...channels] = values[inputs[filter]!]!.shape as Convolution["shape"];
  const outputs = transposed ? channels[0] : channels[1];
  const odd = height % 2 === 1 && width % 2 === 1 && height * width > 1;
  if (outputs !== 1 || shape[3] < LEAST_CHANNELS || !odd) return undefined;
  const taken = { x: operands[x]!, filter: operands[filter]! };
  return { ...taken, shape, kernel: [height, width], transposed };
}

function write(graph: GraphBuilder, convolution: Convolution): Output {
  const { x, filter, shape, kernel, transposed } = convolution;
  const [batch, height, width, channels] = shape;
  const places = kernel[0] * kernel[1];
  const [above, left] = [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2];
  const float = attribute.type(DT.float32);
  const index = attribute.type(DT.int32);
  const matrices = [graph.reshape(filter, [places, channels]), graph.reshape(x, [-1, channels])];
  const transposes = { transpose_a: attribute.flag(false), transpose_b: attribute.flag(true) };
  const product = graph.add("MatMul", matrices, { T: float, ...transposes });
  const border = graph.integers([0, 0, 0, 0, above, above, left, left], [4, 2]);
  const planes = graph.reshape(product, [places, batch, height, width]);
  const padded = graph.add("Pad", [planes, border], { T: float, Tpaddings: index });
  const size = graph.integers([1, batch, height, width]);
  const moved = Array.from({ length: places }, (_, place) => {
    const [down, right] = [Math.floor(place / kernel[1]), place % kernel[1]];
    const begin = transposed ? [2 * above - down, 2 * left - right] : [down, right];
    return graph.add("Slice", [padded, graph.integers([place, 0, ...begin]), size], {
      T: float,
      Index: index,
    });
  });
  const sum = addInOrder(graph, moved, { shape: [1, batch, height, width], dtype: DT.float32 });
  return graph.reshape(sum, [batch, height, width, 1]);
}
