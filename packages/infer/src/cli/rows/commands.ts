/** `vaeport-infer encode`, `score`, `reconstruct` and `sample`: a model over many items, into one file. */
import { extname } from "node:path";
import { InputError, UnknownProviderError } from "../../errors.js";
import { type LoadOptions, loadVae } from "../../load-vae.js";
import type { Vae } from "../../vae.js";
import { type Call, type Command, EXIT, printJson, UsageError } from "../command.js";
import { type Labels, openLabels } from "./labels.js";
import { runRows } from "./run-rows.js";
import { openSource, type RowSource } from "./source.js";
import type { Settings, WorkKind } from "./work.js";

const DEFAULT_BATCH = 64;

const COMMON = {
  output: { type: "string", short: "o" },
  label: { type: "string" },
  provider: { type: "string" },
  precision: { type: "string" },
  batch: { type: "string" },
  force: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const COMMON_HELP = `  -o, --output <file>   .npy, or .parquet with an id (needs hyparquet-writer)
  --label <n|file.npy>  for models with classes: the class of all, or one for each row
  --provider <name>     execution provider (auto)
  --precision <name>    variant of the graphs (float32)
  --batch <n>           rows at a time (${DEFAULT_BATCH})
  --force               replace the file if it exists
  --json                print what was done as JSON

An interrupted run leaves <file>.partial; the same command goes on from there.`;

const INPUT_HELP = `  <model>               model folder or its URL
  <input...>            images, folders of images (needs sharp), or one .npy file of float32 or uint8 [n, item shape]
  --resize              scale images of another size to the model's`;

export const encode = overItems("encode", {
  summary: "writes the latent codes of images",
  does: 'Writes "mean" and "log_variance" (or "scale_tril") of every item.',
});

export const score = overItems("score", {
  summary: "writes distortion, rate and evidence lower bound of images",
  does: 'Writes "distortion", "rate" and "elbo" of every item, in nats.',
  more: `  --samples <n>         draws of z to average over; 0 scores at the mean (1)
  --seed <n>            of the draws (0)`,
  options: { samples: { type: "string" }, seed: { type: "string" } },
});

export const reconstruct = overItems("reconstruct", {
  summary: "writes images as the model reconstructs them",
  does: "Writes the reconstruction of every item, through the posterior's mean.",
  more: "  --seed <n>            go through a draw from the posterior instead",
  options: { seed: { type: "string" } },
});

export const sample: Command = {
  summary: "writes images drawn from the model",
  help: `Usage: vaeport-infer sample <model> -n <count> -o <file> [options]

Draws items from the model.

  <model>               model folder or its URL
  -n, --count <n>       how many
  --seed <n>            of the draws (0)
  --temperature <t>     scale of z (1)
${COMMON_HELP}`,
  options: {
    ...COMMON,
    count: { type: "string", short: "n" },
    seed: { type: "string" },
    temperature: { type: "string" },
  },
  run: async (call) => {
    const [model, ...more] = call.positionals;
    if (model === undefined || more.length > 0) throw new UsageError("sample: expected a model.");
    const rows = whole(call, "count", 1);
    if (rows === undefined) throw new UsageError("sample: -n, how many, is missing.");
    return runOver("sample", call, model, { rows, paths: [] });
  },
};

function overItems(
  kind: WorkKind,
  texts: { summary: string; does: string; more?: string; options?: Command["options"] },
): Command {
  const { summary, does, more, options } = texts;
  return {
    summary,
    help: `Usage: vaeport-infer ${kind} <model> <input...> -o <file> [options]

${does}

${INPUT_HELP}
${more === undefined ? "" : `${more}\n`}${COMMON_HELP}`,
    options: { ...COMMON, ...options, resize: { type: "boolean" } },
    run: async (call) => {
      const [model, ...paths] = call.positionals;
      if (model === undefined || paths.length === 0) {
        throw new UsageError(`${kind}: expected a model and its input.`);
      }
      return runOver(kind, call, model, { paths });
    },
  };
}

async function runOver(
  kind: WorkKind,
  call: Call,
  model: string,
  input: { paths: string[]; rows?: number },
): Promise<number> {
  const { values, signal } = call;
  const output = outputOf(kind, call);
  const batch = whole(call, "batch", 1) ?? DEFAULT_BATCH;
  const seed = whole(call, "seed");
  const samples = whole(call, "samples");
  const temperature = number(call, "temperature");
  const vae = await load(model, call, batch);
  let source: RowSource | undefined;
  let labels: Labels | undefined;
  try {
    const { data, condition } = vae.manifest;
    if (input.rows === undefined) {
      source = await openSource(input.paths, data, values.resize === true);
    }
    const rows = input.rows ?? source!.rows;
    labels = await openLabels(values.label as string | undefined, condition, rows);
    const settings: Settings = { seed, samples, temperature };
    const force = values.force === true;
    const result = await runRows({
      kind,
      vae,
      source,
      labels,
      rows,
      settings,
      batch,
      output,
      force,
      signal,
    });
    if (values.json) printJson(result);
    else console.log(describe(result));
    return EXIT.done;
  } finally {
    await source?.close();
    await labels?.close();
    await vae.dispose();
  }
}

function describe({
  file,
  rows,
  resumed,
  rowsPerSecond,
  provider,
}: Awaited<ReturnType<typeof runRows>>) {
  const count = (n: number) => n.toLocaleString("en");
  const earlier = resumed === 0 ? "" : `, ${count(resumed)} of them by an earlier run`;
  return `${file}: ${count(rows)} rows${earlier}, ${count(Math.round(rowsPerSecond))} a second on ${provider}`;
}

function outputOf(kind: string, { values }: Call): string {
  const { output } = values;
  if (typeof output === "string" && [".npy", ".parquet"].includes(extname(output))) return output;
  const got = output === undefined ? "nothing" : JSON.stringify(output);
  throw new UsageError(
    `${kind}: -o: expected a file name that ends in .npy or .parquet; got ${got}.`,
  );
}

/** Names that the model or this machine does not know are wrong usage. */
async function load(model: string, { values, signal }: Call, maxBatch: number): Promise<Vae> {
  const { provider, precision } = values as Pick<LoadOptions, "provider" | "precision">;
  const named = {
    ...(provider !== undefined && { provider }),
    ...(precision !== undefined && { precision }),
  };
  try {
    return await loadVae(model, { ...named, maxBatch, signal });
  } catch (cause) {
    if (!(cause instanceof UnknownProviderError || cause instanceof InputError)) throw cause;
    throw new UsageError(cause.message.replace(/^(loadVae: )?/, "--"), { cause });
  }
}

function whole({ values }: Call, option: string, least = 0): number | undefined {
  const value = values[option];
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(
    `--${option}: expected a whole number from ${least} up; got ${JSON.stringify(value)}.`,
  );
}

function number({ values }: Call, option: string): number | undefined {
  const value = values[option];
  if (value === undefined) return undefined;
  if (Number.isFinite(Number(value)) && Number(value) >= 0) return Number(value);
  throw new UsageError(`--${option}: expected a number from 0 up; got ${JSON.stringify(value)}.`);
}
