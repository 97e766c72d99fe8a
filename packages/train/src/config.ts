/** The one schema of a training configuration: what a config file may say, its defaults and its errors. */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { data } from "./config/data.js";
import { condition, latent } from "./config/latent.js";
import { likelihood } from "./config/likelihood.js";
import { model } from "./config/model.js";
import { objective } from "./config/objective.js";
import { readJson } from "./config/read-json.js";
import { section } from "./config/section.js";
import { training } from "./config/training.js";
import { ConfigError } from "./errors.js";

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
  data,
  model,
  latent,
  likelihood,
  condition,
  objective,
  training,
}).superRefine(({ data, likelihood }, context) => {
  if (data.binarisation === "none" || likelihood.name === "bernoulli") return;
  const message = `draws binary pixels, which a ${likelihood.name} likelihood does not model; take "none"`;
  context.addIssue({ code: "custom", path: ["data", "binarisation"], message });
});

/** A configuration with every default filled in. */
export type TrainConfig = Omit<z.output<typeof configSchema>, "$schema">;

/** A configuration as a person writes it: defaults may be left out. */
export type TrainConfigInput = z.input<typeof configSchema>;

export type { ConvLayerConfig, ConvModelConfig, DenseModelConfig } from "./config/model.js";
export type { AdamConfig } from "./config/training.js";

/**
 * Validates a configuration and fills in its defaults.
 *
 * @param where how messages call it, usually the file's name
 * @throws ConfigError listing every problem with its path, the value found and what is allowed
 */
export function parseConfig(value: unknown, where = "config"): TrainConfig {
  const { $schema: _, ...config } = parse(configSchema, value, where);
  return config;
}

/** As `parseConfig`, of the section `data` alone. */
export function parseData(value: unknown, where = "config.data"): TrainConfig["data"] {
  return parse(data, value, where);
}

/**
 * The value as a schema has it, defaults filled in.
 *
 * @param where how messages call it
 * @throws ConfigError listing every problem
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    where,
    parsed.error.issues.map((issue) => ({
      path: pathText(issue.path),
      message: explain(issue, valueAt(value, issue.path)),
    })),
  );
}

/**
 * Reads and validates a configuration file (JSON).
 *
 * @throws ConfigError when the file cannot be read, is not JSON, or is not a valid configuration
 */
export async function readConfig(file: string): Promise<TrainConfig> {
  return parseConfig(await readConfigInput(file), file);
}

/** As `readConfig`, without defaults: so that a change of one key does not meet defaults of others. */
export async function readConfigInput(file: string): Promise<TrainConfigInput> {
  const value = (await readJson(file)) as TrainConfigInput;
  parseConfig(value, file);
  return withAbsolutePaths(value, dirname(resolve(file)));
}

/** The configuration with its paths, which start at the given folder, made absolute. */
export function withAbsolutePaths<C extends Pick<TrainConfigInput, "data">>(
  config: C,
  folder: string,
): C {
  const entries = Object.entries(config.data).map(([key, value]) => {
    return [key, PATHS.includes(key) ? resolve(folder, value as string) : value];
  });
  return { ...config, data: Object.fromEntries(entries) };
}

const PATHS = ["folder", "heldOutFolder", "train", "trainLabels", "test", "testLabels"];

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

/** What a number, or the length of anything else, must keep to, where that is what is wrong. */
function boundOf(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === "invalid_type" && issue.expected === "int") return "expected a whole number";
  if (issue.code !== "too_small" && issue.code !== "too_big") return undefined;
  const of = ["number", "int"].includes(issue.origin) ? "" : "a length of ";
  return issue.code === "too_small"
    ? `expected ${of}${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`
    : `expected ${of}${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
}

function withoutPreamble(message: string): string {
  return message.replace(/^Invalid (input|option): /, "").replace(/, received \S+$/, "");
}

function explain(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === "unrecognized_keys") return issue.message;
  const message = boundOf(issue) ?? withoutPreamble(issue.message);
  return found === undefined ? `required (${message})` : `${message}, got ${JSON.stringify(found)}`;
}
