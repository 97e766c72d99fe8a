/**
 * A lower bound: the matrix products and convolutions of a step, forward and backward, as one TensorFlow graph, each on
 * operands of its own. Nothing is trained, and no loss is told.
 */
import { Program } from "@vaeport/train/graph";
import { BATCH } from "../nets.mjs";
import { serve } from "./serve.mjs";
import { loadSetting } from "./setting.mjs";

/** @typedef {import("@vaeport/train/tensorflow").TensorFlow} TensorFlow */
/** @typedef {InstanceType<TensorFlow["Tensor"]>} Tensor */
/** @typedef {import("@vaeport/train").Vae["encoder"]["layers"][number]} Layer */

const STEPS_PER_WINDOW = 4;

const { tf, dataset, vae, versions } = await loadSetting();
dataset.dispose();

const layers = [...vae.encoder.layers, ...vae.decoder.layers]
  .filter((layer) => layer.trainableWeights.length > 0)
  .map((layer, i) => ({
    product: productOf(layer),
    input: operand(symbolic(layer.input).shape),
    weight: operand(layer.trainableWeights[0]?.shape),
    gradient: operand(symbolic(layer.output).shape),
    // Nobody asks for the gradient of the data.
    wantsInputGradient: i > 0,
  }));

const program = new Program(tf);
const products = program.capture("products", allProducts, []);

function allProducts() {
  return layers.flatMap(({ product, input, weight, gradient, wantsInputGradient }) => {
    const forward = product(input, weight);
    const [byInput, byWeight] = /** @type {[Tensor, Tensor]} */ (
      tf.grads(/** @type {any} */ (product))([input, weight], gradient)
    );
    const results = wantsInputGradient ? [forward, byWeight, byInput] : [forward, byWeight];
    // One element each, so that nothing is skipped and next to nothing is fetched.
    return results.map((result) =>
      tf.slice(result, Array(result.rank).fill(0), Array(result.rank).fill(1)),
    );
  });
}

/**
 * A layer's linear part.
 *
 * @param {Layer} layer
 * @returns {(input: Tensor, weight: Tensor) => Tensor}
 */
function productOf(layer) {
  const { strides } = /** @type {{ strides: [number, number] }} */ (layer.getConfig());
  switch (layer.getClassName()) {
    case "Dense":
      return (input, weight) => tf.matMul(input, weight);
    case "Conv2D":
      return (input, weight) =>
        tf.conv2d(/** @type {any} */ (input), /** @type {any} */ (weight), strides, "same");
    case "Conv2DTranspose": {
      const shape = /** @type {any} */ (shapeOf(symbolic(layer.output).shape));
      return (input, weight) =>
        tf.conv2dTranspose(
          /** @type {any} */ (input),
          /** @type {any} */ (weight),
          shape,
          strides,
          "same",
        );
    }
    default:
      throw new Error(`${layer.name}: no product is known for a ${layer.getClassName()} layer.`);
  }
}

/**
 * A layer's only input or output.
 *
 * @param {Layer["input"]} tensor
 */
function symbolic(tensor) {
  return /** @type {Exclude<Layer["input"], unknown[]>} */ (tensor);
}

/**
 * A variable, since TensorFlow would compute a product of constants once and for all.
 *
 * @param {unknown} shape
 */
function operand(shape) {
  return tf.tidy(() => tf.variable(tf.randomNormal(shapeOf(shape)), false));
}

/**
 * The shape with the batch's size in it.
 *
 * @param {unknown} shape of a layer, null where the batch goes
 */
function shapeOf(shape) {
  return /** @type {(number | null)[]} */ (shape).map((length) => length ?? BATCH);
}

async function* run() {
  for (;;) {
    for (let step = 0; step < STEPS_PER_WINDOW; step++) products.values();
    yield { steps: STEPS_PER_WINDOW, loss: null };
  }
}

await serve(run(), versions);
