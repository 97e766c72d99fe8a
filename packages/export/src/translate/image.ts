/** What translators of image layers share: images as [N, C, ...], and windows on them. */
import type { GraphBuilder } from "../ir/builder.js";
import type { Sizes } from "../ir/ops/shapes.js";
import type { Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { choice, dataFormat, knownSize, single, unsupported } from "./config.js";
import { sameTotal, windowPadding } from "./padding.js";

/** The layer's input with channels behind the batch, whichever `dataFormat` the layer works in. */
export function image(layer: SourceLayer, inputs: readonly Value[], g: GraphBuilder): Value {
  const layout = dataFormat(layer) === "channelsLast" ? "channels-first" : "source";
  return g.as(single(inputs), layout);
}

/** `pads` for a window of this layer over x [N, C, ...]: before each axis, then behind each. */
export function padsOf(
  layer: SourceLayer,
  x: Value,
  window: { kernel: Sizes; strides: Sizes; dilations?: Sizes },
): Sizes {
  const padding = choice(layer, "padding", ["same", "valid"]);
  const spans = window.kernel.map((kernel, axis) => {
    const stride = window.strides[axis] ?? 1;
    const size = x.shape[axis + 2];
    // How much "same" adds hangs on the size only where the window skips elements.
    const any = typeof size === "string" && (padding === "valid" || stride === 1);
    return {
      size: any ? 1 : knownSize(size),
      kernel,
      stride,
      dilation: window.dilations?.[axis] ?? 1,
    };
  });
  if (padding === "same") needCover(layer, spans.map(sameTotal));
  const ends = spans.map((span) => windowPadding(padding, span));
  return [...ends.map(([before]) => before), ...ends.map(([, after]) => after)];
}

/**
 * Refuses windows over three axes that leave elements out under "same": there the JavaScript
 * backends of tf.js shift the windows by the negative padding, native TensorFlow does not.
 */
export function needCover(layer: SourceLayer, totals: readonly number[]): void {
  if (totals.length < 3 || Math.min(...totals) >= 0) return;
  throw unsupported(
    "strides",
    layer.config.strides,
    'no longer than the window with padding "same"; backends of tf.js disagree',
  );
}
