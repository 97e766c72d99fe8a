/** Validation of whole documents: `vae.json` of a model folder and `summary.json` of a run folder. */
import {
  type Check,
  dictionary,
  finite,
  matching,
  maybe,
  oneOf,
  open,
  type Reader,
  refuse,
  whole,
} from "./fields.js";
import { readDescription, seed, title } from "./sections.js";
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
  const read = openDocument("vae.json", "vaeport-vae", value);
  const description = readDescription(read);
  return {
    format: "vaeport-vae",
    version: 1,
    ...description,
    variants: read("variants", variants),
    check: read("check", checkOf(description)),
    producer: read("producer", producer),
  };
}

/** The run summary in an untrusted value (the parsed JSON of `summary.json`). Throws ManifestError. */
export function parseRunSummary(value: unknown): RunSummary {
  const read = openDocument("summary.json", "vaeport-run", value);
  const description = readDescription(read);
  return {
    format: "vaeport-run",
    version: 1,
    ...description,
    ...readLabel(read, description),
    example: read("example", tensorRecord([1, ...description.data.shape])),
  };
}

function openDocument(document: string, format: string, value: unknown): Reader {
  const read = open(value, { document, path: "" });
  read("format", oneOf([format], `This is not a ${document}.`));
  read("version", oneOf([1], "Take a release of @vaeport/infer that knows this version."));
  return read;
}

const producer: Check<VaeManifest["producer"]> = (value, place) => {
  const read = open(value, place);
  return { name: read("name", title), version: read("version", title) };
};

const graphFile: Check<GraphFile> = (value, place) => {
  const read = open(value, place);
  return {
    file: read("file", fileName),
    bytes: read("bytes", whole(1, MAX_FILE_BYTES)),
    sha256: read("sha256", matching(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits")),
  };
};

const variant: Check<Variant> = (value, place) => {
  const read = open(value, place);
  const graphs = {
    encoder: read("encoder", graphFile),
    decoder: read("decoder", graphFile),
    score: read("score", graphFile),
  };
  const names = Object.values(graphs).map(({ file }) => file.toLowerCase());
  if (new Set(names).size < names.length) {
    throw refuse(place, "three different files", names.join(", "));
  }
  const errors = read("errorAgainstFloat32", maybe(dictionary(finite)));
  return errors === undefined ? graphs : { ...graphs, errorAgainstFloat32: errors };
};

const variants: Check<VaeManifest["variants"]> = (value, place) => {
  const read = open(value, place);
  const float16 = read("float16", maybe(variant));
  const int8 = read("int8", maybe(variant));
  return {
    float32: read("float32", variant),
    ...(float16 === undefined ? {} : { float16 }),
    ...(int8 === undefined ? {} : { int8 }),
  };
};

/** The class of a stored item, which models with classes must state. */
function readLabel(read: Reader, { condition }: ModelDescription): { label?: number } {
  return condition === undefined ? {} : { label: read("label", whole(0, condition.classes - 1)) };
}

/** The check vector of a model: every output that its graphs must have, at its shape, and no other. */
function checkOf(model: ModelDescription): Check<CheckSection> {
  const item = [1, ...model.data.shape];
  return (value, place) => {
    const read = open(value, place);
    return {
      seed: read("seed", seed),
      ...readLabel(read, model),
      input: read("input", tensorRecord(item)),
      noise: read("noise", tensorRecord([1, model.latent.size])),
      outputs: read("outputs", checkOutputs(model)),
    };
  };
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
  return (value, place) => {
    const read = open(value, place);
    const records = Object.entries(shapes).flatMap(([name, sizes]) => {
      const check = tensorRecord(sizes);
      const optional = name === natural && natural !== "logits";
      const record = read(name, optional ? maybe(check) : check);
      return record === undefined ? [] : [[name, record] as const];
    });
    return Object.fromEntries(records);
  };
}
