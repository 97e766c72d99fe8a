/** Dense networks: the data flattened, hidden layers, two heads; and the way back. */
import type { DenseModelConfig } from "../config.js";
import { itemSize } from "../data/source.js";
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
  const isFlat = itemShape.length === 1;
  const values = isFlat ? x : apply(tf.layers.flatten({ name: "flatten" }), x);
  const flat = intoEncoder.withLabel(values);
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
  return heads.map(({ name, of }) => {
    const targetShape = of === "value" ? [...itemShape] : itemShape.map(() => 1);
    const units = itemSize(targetShape);
    const layer = tf.layers.dense({
      name,
      units,
      kernelInitializer: nextInitialiser("model.hidden"),
    });
    const values = apply(layer, hidden);
    if (targetShape.length === 1) return values;
    return apply(tf.layers.reshape({ name: `${name}_image`, targetShape }), values);
  });
}
