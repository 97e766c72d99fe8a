/** Dense networks: the data flattened, hidden layers, two heads; and the way back. */
import type { DenseModelConfig } from "../config.js";
import {
  apply,
  type BuildContext,
  denseStack,
  encoderHeads,
  entrance,
  type Networks,
} from "./layers.js";

/** The decoder has the encoder's hidden layers in reverse. */
export function buildDense(context: BuildContext, config: DenseModelConfig): Networks {
  const { tf, itemShape, latent } = context;
  const x = tf.input({ name: "x", shape: [...itemShape] });
  const intoEncoder = entrance(context, x);
  const flat = intoEncoder.withLabel(apply(tf.layers.flatten({ name: "flatten" }), x));
  const features = denseStack(context, config, config.hidden, flat);
  const outputs = encoderHeads(context, features);
  const encoder = tf.model({ name: "encoder", inputs: intoEncoder.inputs, outputs });

  const z = tf.input({ name: "z", shape: [latent.size] });
  const intoDecoder = entrance(context, z);
  const code = intoDecoder.withLabel(z);
  const hidden = denseStack(context, config, config.hidden.toReversed(), code);
  const heads = decoderHeads(context, hidden);
  const decoder = tf.model({ name: "decoder", inputs: intoDecoder.inputs, outputs: heads });
  return { encoder, decoder };
}

function decoderHeads(
  { tf, nextInitialiser, itemShape, heads }: BuildContext,
  hidden: Parameters<typeof apply>[1],
) {
  const values = itemShape.reduce((a, b) => a * b);
  return heads.map(({ name, of }) => {
    const [units, targetShape] = of === "value" ? [values, [...itemShape]] : [1, [1, 1, 1]];
    const layer = tf.layers.dense({ name, units, kernelInitializer: nextInitialiser() });
    return apply(tf.layers.reshape({ name: `${name}_image`, targetShape }), apply(layer, hidden));
  });
}
