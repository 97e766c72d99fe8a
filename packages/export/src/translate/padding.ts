/**
 * Padding of windows along one axis, as tf.js computes it: `getPadAndOutInfo` in
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/ops/conv_util.ts, which
 * follows https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2. "same" puts the odd
 * element at the end.
 */

export type Padding = "same" | "valid";

/** A window over an axis of `size` elements. */
export interface Span {
  size: number;
  kernel: number;
  stride: number;
  dilation: number;
}

/** Elements to add before and after an axis. */
export type Ends = readonly [before: number, after: number];

/** Padding of a convolution or pooling: none for "valid", `sameTotal` or 0 for "same". */
export function windowPadding(padding: Padding, span: Span): Ends {
  return padding === "valid" ? [0, 0] : split(Math.max(0, sameTotal(span)));
}

/**
 * What makes the output ceil(size / stride) long: (ceil(size / stride) - 1) stride + extent - size,
 * extent = dilation (kernel - 1) + 1. Below 0, elements at the end are in no window.
 */
export function sameTotal({ size, kernel, stride, dilation }: Span): number {
  const extent = dilation * (kernel - 1) + 1;
  return (Math.ceil(size / stride) - 1) * stride + extent - size;
}

/**
 * Padding and output padding of a transposed convolution, whose output tf.js makes size · stride
 * long for "same" and size · stride + max(0, kernel - stride) for "valid". ONNX gives (size - 1)
 * stride + kernel + output padding - pads; so a kernel longer than the stride is cut by the
 * difference ("same"), a shorter one leaves a gap to fill.
 */
export function transposedPadding(
  padding: Padding,
  { kernel, stride }: Pick<Span, "kernel" | "stride">,
): { pads: Ends; outputPadding: number } {
  return {
    pads: padding === "same" ? split(Math.max(0, kernel - stride)) : [0, 0],
    outputPadding: Math.max(0, stride - kernel),
  };
}

function split(total: number): Ends {
  const before = Math.floor(total / 2);
  return [before, total - before];
}
