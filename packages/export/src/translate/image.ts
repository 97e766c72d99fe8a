/** What translators of image layers share: images as [N, C, H, W], and windows on them. */
import type { GraphBuilder } from "../ir/builder.js";
import type { Pads, Pair } from "../ir/ops/shapes.js";
import type { Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { choice, dataFormat, knownSize, single } from "./config.js";
import { windowPadding } from "./padding.js";

/** The layer's input with channels behind the batch, whichever `dataFormat` the layer works in. */
export function image(layer: SourceLayer, inputs: readonly Value[], g: GraphBuilder): Value {
  const layout = dataFormat(layer) === "channelsLast" ? "channels-first" : "source";
  return g.as(single(inputs), layout);
}

/** `pads` for a window of this layer over x [N, C, H, W]. */
export function padsOf(
  layer: SourceLayer,
  x: Value,
  window: { kernel: Pair; strides: Pair; dilations?: Pair },
): Pads {
  const padding = choice(layer, "padding", ["same", "valid"]);
  const ends = (axis: 0 | 1) =>
    windowPadding(padding, {
      size: knownSize(x.shape[axis + 2]),
      kernel: window.kernel[axis],
      stride: window.strides[axis],
      dilation: window.dilations?.[axis] ?? 1,
    });
  const [rows, columns] = [ends(0), ends(1)];
  return [rows[0], columns[0], rows[1], columns[1]];
}
