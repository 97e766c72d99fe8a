/** Initializers in a model.json: none is needed where the weights come from a file. */
import { isObject } from "./topology.js";

const ZEROS = { class_name: "Zeros", config: {} };
/** Weights that get random values, or orthogonal ones at some cost, where a file leaves the initializer out. */
const RANDOM_BY_DEFAULT = ["depthwise", "embeddings", "kernel", "pointwise", "recurrent"];

/**
 * A topology, or a part of one, whose initial weights are zeros: those of a file replace them, and computing others
 * takes time, memory, or, with the damaged scale of a random one, for ever in tf.js (4.22).
 */
export function withoutInitializers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutInitializers);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, field]) => {
    const initializer = key.endsWith("_initializer") && field !== null;
    return [key, initializer ? ZEROS : withoutInitializers(field)];
  });
  const { class_name, config, ...rest } = Object.fromEntries(entries);
  if (typeof class_name !== "string" || !isObject(config)) return Object.fromEntries(entries);
  return { ...rest, class_name, config: { ...config, ...missingInitializers(class_name, config) } };
}

/** For every class, as layers ignore those of weights that they do not have; separable ones refuse the kernel's. */
function missingInitializers(className: string, config: Record<string, unknown>) {
  const keys = RANDOM_BY_DEFAULT.map((weight) => `${weight}_initializer`);
  const taken = keys.filter(
    (key) => !(className.startsWith("Separable") && key.startsWith("kernel")),
  );
  return Object.fromEntries(taken.filter((key) => config[key] == null).map((key) => [key, ZEROS]));
}
