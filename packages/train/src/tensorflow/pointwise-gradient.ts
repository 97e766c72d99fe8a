/**
 * TensorFlow 2.21's gradient of a 1 x 1 convolution by its kernel is wrong on the CPU where the stride is larger than 1:
 * its oneDNN operator gives other values at every call, off by more than the gradient itself.
 */
import type { KernelConfig, Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "./load.js";

const KERNEL = "Conv2DBackpropFilter";
const BACKEND = "tensorflow";

/** Marks our kernel, as another copy of this module may find it. */
const CORRECT = Symbol.for("@vaeport/train/pointwise-gradient");

/** Gives tf.js a kernel that takes the pixels which such a convolution sees, and convolves these with stride 1. */
export function correctPointwiseGradient(tf: TensorFlow): void {
  const native = tf.getKernel(KERNEL, BACKEND) as KernelConfig & { [CORRECT]?: true };
  if (native[CORRECT]) return;
  const kernelFunc: KernelConfig["kernelFunc"] = (args) => {
    const attrs = args.attrs as unknown as Attributes;
    const [height, width] = attrs.filterShape;
    const [down, across] = [attrs.strides].flat() as [number, number?];
    const strides = [down, across ?? down] as const;
    const { x } = args.inputs as { x: Tensor };
    if (height * width > 1 || Math.max(...strides) === 1) return native.kernelFunc(args);
    const steps = attrs.dataFormat === "NCHW" ? [1, 1, ...strides] : [1, ...strides, 1];
    const seen = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, steps);
    const inputs = { ...args.inputs, x: seen };
    const gradient = native.kernelFunc({ ...args, inputs, attrs: { ...args.attrs, strides: 1 } });
    seen.dispose();
    return gradient;
  };
  tf.unregisterKernel(KERNEL, BACKEND);
  tf.registerKernel({ ...native, kernelFunc, [CORRECT]: true } as KernelConfig);
}

interface Attributes {
  filterShape: [number, number, number, number];
  strides: number | [number, number];
  dataFormat: "NHWC" | "NCHW";
}
