/** Puts backward passes on TensorFlow's own operators in place of tf.js' for the duration of a call. */
import type { GradConfig } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { withPatches } from "../recording/patch.js";
import { batchNormalisationLayer } from "./batch-normalisation-layer.js";
import { nativeGradients } from "./table.js";

/** Runs `body` with the native gradients installed and puts tf.js' own back, whatever happens. */
export function withNativeGradients<T>(tf: TensorFlow, body: () => T): T {
  const replaced: GradConfig[] = [];
  try {
    for (const gradient of nativeGradients(tf)) {
      const own = tf.getGradient(gradient.kernelName);
      if (!own) continue;
      replaced.push(own);
      swap(tf, gradient);
    }
    return withPatches([batchNormalisationLayer(tf)], body);
  } finally {
    for (const own of replaced) swap(tf, own);
  }
}

/** Unregisters first: tf.js warns of a gradient that is registered twice. */
function swap(tf: TensorFlow, gradient: GradConfig): void {
  tf.unregisterGradient(gradient.kernelName);
  tf.registerGradient(gradient);
}
