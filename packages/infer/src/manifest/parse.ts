/** Validation of whole documents: `vae.json` of a model folder and `summary.json` of a run folder. */
import {
  type Check,
  dictionary,
  type Fields,
  finite,
  matching,
  maybe,
  oneOf,
  open,
  type Place,
  record,
  refuse,
  whole,
} from "./fields.js";
import { description, seed, title } from "./sections.js";
import { tensorRecord } from "./tensor.js";
import type {
  CheckSection,
  GraphFile,
  ModelDescription,
  RunSummary,
  TensorRecord,
  VaeManifest,
  Variant,
} from "./types.js";

/** ONNX files are protobuf messages, which end at 2 GiB. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * A plain name: letters, digits, `.`, `_`, `-`, neither first nor last a dot. It cannot leave its folder
 * on any system, start a URL, or name a Windows device (`NUL`, `com1.onnx`).
 */
const PLAIN_NAME =
  /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9_](?:[a-z0-9._-]{0,126}[a-z0-9_-])?$/i;
const fileName = matching(
  PLAIN_NAME,
  "a plain file name (letters, digits, '.', '_', '-') inside the model folder",
  "Put the file beside vae.json and name it without any path.",
);

/**
 * The manifest in an untrusted value (the parsed JSON of `vae.json`), as a fresh copy with unknown fields left out.
 * Throws ManifestError, which names the field, what it held and the remedy.
 */
export function parseManifest(value: unknown): VaeManifest {
  const place = openDocument("vae.json", "vaeport-vae", value);
  const model = description(value, place);
  const rest = record<Omit<VaeManifest, keyof typeof model | "format" | "version">>({
    variants,
    check: checkOf(model),
    producer,
  });
  return { format: "vaeport-vae", version: 1, ...model, ...rest(value, place) };
}

/** The run summary in an untrusted value (the parsed JSON of `summary.json`). Throws ManifestError. */
export function parseRunSummary(value: unknown): RunSummary {
  const place = openDocument("summary.json", "vaeport-run", value);
  const model = description(value, place);
  const rest = record<Pick<RunSummary, "label" | "example">>({
    label: labelOf(model),
    example: tensorRecord([1, ...model.data.shape]),
  });
  return { format: "vaeport-run", version: 1, ...model, ...rest(value, place) };
}

/** The place of a document of this format and version. */
function openDocument(document: string, format: string, value: unknown): Place {
  const place = { document, path: "" };
  const read = open(value, place);
  read("format", oneOf([format], `This is not a ${document}.`));
  read("version", oneOf([1], "Take a release of @vaeport/infer that knows this version."));
  return place;
}

const producer = record<VaeManifest["producer"]>({ name: title, version: title });

const graphFile = record<GraphFile>({
  file: fileName,
  bytes: whole(1, MAX_FILE_BYTES),
  sha256: matching(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits"),
});

const variantFields = record<Variant>({
  encoder: graphFile,
  decoder: graphFile,
  score: graphFile,
  errorAgainstFloat32: maybe(dictionary(finite)),
});

const variant: Check<Variant> = (value, place) => {
  const checked = variantFields(value, place);
  const graphs = [checked.encoder, checked.decoder, checked.score];
  const names = graphs.map(({ file }) => file.toLowerCase());
  if (new Set(names).size === names.length) return checked;
  throw refuse(place, "three different files", names.join(", "));
};

const variants = record<VaeManifest["variants"]>({
  float32: variant,
  float16: maybe(variant),
  int8: maybe(variant),
});

/** The class of a stored item, which models with classes must state; of others it is not read. */
function labelOf({ condition }: ModelDescription): Check<number | undefined> {
  return condition === undefined ? () => undefined : whole(0, condition.classes - 1);
}

/** The check vector of a model: every output that its graphs must have, at its shape, and no other. */
function checkOf(model: ModelDescription): Check<CheckSection> {
  return record<CheckSection>({
    seed,
    label: labelOf(model),
    input: tensorRecord([1, ...model.data.shape]),
    noise: tensorRecord([1, model.latent.size]),
    outputs: checkOutputs(model),
  });
}

/** The natural parameter that a decoder may give beside the reconstruction; Bernoulli ones must. */
const NATURAL_PARAMETER = {
  bernoulli: "logits",
  "continuous-bernoulli": "logits",
  gaussian: "data_log_variance",
  "discretised-logistic": "data_log_scale",
} as const;

function checkOutputs(model: ModelDescription): Check<Record<string, TensorRecord>> {
  const item = [1, ...model.data.shape];
  const k = model.latent.size;
  const spread =
    model.latent.posterior === "full" ? { scale_tril: [1, k, k] } : { log_variance: [1, k] };
  const natural = NATURAL_PARAMETER[model.likelihood.name];
  const shapes: Record<string, number[]> = {
    mean: [1, k],
    ...spread,
    reconstruction: item,
    [natural]: item,
    distortion: [1, 1],
    rate: [1, 1],
  };
  const checks = Object.entries(shapes).map(([name, sizes]) => {
    const check: Check<TensorRecord | undefined> = tensorRecord(sizes);
    return [name, name === natural && natural !== "logits" ? maybe(check) : check] as const;
  });
  return record(Object.fromEntries(checks) as Fields<Record<string, TensorRecord>>);
}
