/**
 * CenterCrop and CategoryEncoding. tf.js (4.22) overwrites the stated shape of their input with that of
 * their output, so the shapes of values in the graph are the only ones to go by.
 */
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";
import type { SourceModel } from "../source/types.js";
import { choice, knownSize, single, sizes, unsupported } from "./config.js";
import { image } from "./image.js";
import type { Translator } from "./types.js";

/** Why a layer that leaves its input's shape as it is may not mean to. */
const OVERWRITTEN = "tf.js gives a model's input the shape of what this layer makes of it";

/** Classes whose `computeOutputShape` writes into its argument, which other layers may share. */
const OVERWRITERS: ReadonlySet<string> = new Set(["CategoryEncoding", "CenterCrop"]);

/** True where the shapes that tf.js states for a model, or one inside it, are those that it computes. */
export function statesItsShapes({ calls }: SourceModel): boolean {
  return calls.every(
    ({ layer }) =>
      !OVERWRITERS.has(layer.className) && (!layer.model || statesItsShapes(layer.model)),
  );
}

/** Rows and columns around the middle. https://js.tensorflow.org/api/4.22.0/#layers.centerCrop */
export const centerCrop: Translator = (layer, inputs, g) => {
  const x = image(layer, inputs, g);
  const size = { height: x.shape[2], width: x.shape[3] };
  const ranges = (["height", "width"] as const).map((side, index) => {
    const from = knownSize(size[side]);
    const [to = 0] = sizes(layer, side, 1);
    if (to > from) {
      throw unsupported(side, to, `up to the ${from} of its input; tf.js cannot run it otherwise`);
    }
    const start = to === from ? 0 : Math.floor((from - to) / 2);
    // tf.js moves columns by one at least, rows by none.
    const moved = side === "width" && to < from ? Math.max(1, start) : start;
    if (!isExact(from, to, moved)) {
      throw unsupported(side, to, `what tf.js does not round away of the ${from} of its input`);
    }
    return { axis: index + 2, from: moved, to: moved + to };
  });
  const cropped = ranges.filter(({ axis, from, to }) => to - from !== x.shape[axis]);
  if (cropped.length > 0) return [ops.slice(g, x, cropped)];
  throw unsupported("size", [size.height, size.width], `another than its input's; ${OVERWRITTEN}`);
};

/**
 * True where the cells that tf.js takes, nearest to equal steps over a box held in float32, are those from
 * `start` on: https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-backend-cpu/src/kernels/CropAndResize.ts
 */
function isExact(size: number, count: number, start: number): boolean {
  const low = Math.fround(start / size);
  const high = Math.fround((count + start) / size);
  const step = (high - low) * (size - 1);
  for (let cell = 0; cell < count; cell++) {
    const at =
      count > 1 ? low * (size - 1) + cell * (step / (count - 1)) : 0.5 * (low + high) * (size - 1);
    if (at < 0 || at > size - 1 || Math.round(at) !== start + cell) return false;
  }
  return true;
}

/**
 * Whole numbers [N, K] below `numTokens` to how often each occurs, or whether it does: [N, numTokens].
 * Where a number is out of range, tf.js throws and the graph leaves it out.
 */
export const categoryEncoding: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const mode = choice(layer, "outputMode", ["count", "multiHot", "oneHot"]);
  const [tokens = 0] = sizes(layer, "numTokens", 1);
  if (x.shape.length !== 2) throw unsupported("input shape", x.shape, "[N, K]");
  const count = knownSize(x.shape[1]);
  if (mode === "oneHot" && count !== 1) {
    throw unsupported("outputMode", mode, `one number an item, not ${count}; tf.js throws`);
  }
  if (count === tokens) {
    throw unsupported("numTokens", tokens, `another than the size of its input; ${OVERWRITTEN}`);
  }
  const hits = ops.cast(g, ops.equal(g, wholeNumbers(g, x), tokensOf(g, tokens)), "float32");
  const reduce = mode === "count" ? ops.reduceSum : ops.reduceMax;
  return [reduce(g, hits, { axes: [1], keep: false })];
};

/** Cut to whole numbers, [N, K, 1]. */
function wholeNumbers(g: GraphBuilder, x: Value): Value {
  return ops.unsqueeze(g, ops.cast(g, ops.cast(g, x, "int32"), "float32"), 2);
}

/** 0, 1, ... [numTokens]. */
function tokensOf(g: GraphBuilder, count: number): Value {
  return g.constant(
    "tokens",
    Float32Array.from({ length: count }, (_, token) => token),
    [count],
  );
}
