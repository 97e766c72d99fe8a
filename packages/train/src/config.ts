/** The one schema of a training configuration: what a config file may say, its defaults and its errors. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ConfigError } from "./errors.js";

/** An object whose unknown keys are errors that name the allowed ones. */
const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown ${issue.keys.length === 1 ? "key" : "keys"} ${issue.keys.join(", ")}; ` +
          `allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });

const count = () => z.int().min(1);

const activation = z
  .enum(["relu", "elu", "selu", "softplus", "swish", "tanh", "sigmoid"])
  .default("relu")
  .describe("Activation after every hidden layer");

const outputBias = z
  .enum(["zeros", "data-mean"])
  .default("zeros")
  .describe("Initial bias of the decoder's last layer: zeros, or the logits of the data's mean");

const denseModel = section({
  type: z.literal("dense"),
  hidden: z
    .array(count())
    .default([400])
    .describe("Units of the encoder's hidden layers; the decoder has them in reverse"),
  activation,
  outputBias,
});

const convLayer = section({
  channels: count().describe("Output channels"),
  kernel: count().default(3).describe("Side of the square kernel, in pixels"),
  stride: count().default(1).describe("Step of the kernel, in pixels"),
  padding: z.enum(["same", "valid"]).default("same"),
});

const convModel = section({
  type: z.literal("conv"),
  layers: z
    .array(convLayer)
    .min(1)
    .describe("Convolutions of the encoder; the decoder transposes them in reverse order"),
  hidden: z
    .array(count())
    .default([])
    .describe("Units of dense layers between the encoder's last convolution and its heads"),
  outputKernel: count()
    .default(3)
    .describe("Side of the kernel of the decoder's last convolution, which yields the logits"),
  batchNormalisation: z
    .boolean()
    .default(false)
    .describe("Normalise over the batch after every hidden convolution"),
  activation,
  outputBias,
});

const adam = section({
  name: z.literal("adam").default("adam"),
  learningRate: z.number().positive().default(1e-3),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Decay of the gradient's mean"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("Decay of the squared gradient's mean"),
  epsilon: z
    .number()
    .positive()
    .default(1e-8)
    .describe("Added to the root of the bias-corrected second moment, as PyTorch and Keras do"),
});

const configSchema = section({
  $schema: z.string().optional().describe("Where an editor finds this schema; ignored"),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "use letters, digits, dots, dashes and underscores")
    .describe("Name of the model"),
  description: z.string().default("").describe("One sentence for the model card"),
  license: z.string().default("UNLICENSED").describe("SPDX identifier of the trained model"),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1)
    .describe("Decides weights, shuffles and noise; the same seed gives the same losses"),
  data: section({
    name: z.enum(["mnist"]),
    binarisation: z
      .enum(["none", "dynamic"])
      .default("none")
      .describe("none: grey values as probabilities; dynamic: a fresh Bernoulli draw per batch"),
    trainItems: count().optional().describe("Use the first so many training items only"),
    testItems: count().optional().describe("Use the first so many held-out items only"),
  }),
  model: z.discriminatedUnion("type", [denseModel, convModel], {
    error: (issue) => (issue.code === "invalid_union" ? 'expected "dense" or "conv"' : undefined),
  }),
  latent: section({ size: count().describe("Dimensions of the latent space") }),
  likelihood: section({ name: z.enum(["bernoulli"]).default("bernoulli") }).prefault({}),
  objective: section({
    beta: z.number().min(0).default(1).describe("Weight of the rate (beta-VAE)"),
  }).prefault({}),
  training: section({
    epochs: count().default(10),
    batchSize: count().default(128).describe("Items per step; the last batch may be smaller"),
    optimizer: adam.prefault({}),
    engine: z
      .enum(["captured", "eager"])
      .default("captured")
      .describe("captured: each step is one TensorFlow graph; eager: plain tf.js, the reference"),
    residentMegabytes: z
      .number()
      .min(0)
      .default(1000)
      .describe(
        "A set of images up to this size is held in the graph; of a larger one, batches are fed",
      ),
    keepCheckpoints: count()
      .default(2)
      .describe(
        "Checkpoints that are kept, the latest ones; resume continues from the last sound one",
      ),
  }).prefault({}),
});

/** A configuration with every default filled in. */
export type TrainConfig = Omit<z.output<typeof configSchema>, "$schema">;

/** A configuration as a person writes it: defaults may be left out. */
export type TrainConfigInput = z.input<typeof configSchema>;

export type DenseModelConfig = z.output<typeof denseModel>;
export type ConvModelConfig = z.output<typeof convModel>;
export type ConvLayerConfig = z.output<typeof convLayer>;
export type AdamConfig = z.output<typeof adam>;

/**
 * Validates a configuration and fills in its defaults.
 *
 * @param where how messages call it, usually the file's name
 * @throws ConfigError listing every problem with its path, the value found and what is allowed
 */
export function parseConfig(value: unknown, where = "config"): TrainConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    throw new ConfigError(
      where,
      parsed.error.issues.map((issue) => ({
        path: pathText(issue.path),
        message: explain(issue, valueAt(value, issue.path)),
      })),
    );
  }
  const { $schema: _, ...config } = parsed.data;
  return config;
}

/**
 * Reads and validates a configuration file (JSON).
 *
 * @throws ConfigError when the file cannot be read, is not JSON, or is not a valid configuration
 */
export async function readConfig(file: string): Promise<TrainConfig> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const message =
      cause instanceof SyntaxError
        ? `not valid JSON (${cause.message})`
        : `cannot be read (${(cause as Error).message}); give the path of a JSON config file`;
    throw new ConfigError(file, [{ path: "", message }], { cause });
  }
  return parseConfig(value, file);
}

/** SHA-256 of a resolved configuration, in hexadecimal: two runs with one hash had one configuration. */
export function configHash(config: TrainConfig): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex");
}

/** The JSON Schema of a config file, for editors; published as `config.schema.json`. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: "input" });
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function explain(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === "unrecognized_keys") return issue.message;
  const message = issue.message
    .replace(/^Invalid (input|option): /, "")
    .replace(/, received \S+$/, "");
  return found === undefined ? `required (${message})` : `${message}, got ${JSON.stringify(found)}`;
}
