/** The validators of the sections that `vae.json` and `summary.json` share. */
import {
  type Check,
  dictionary,
  finite,
  flag,
  list,
  maybe,
  oneOf,
  open,
  type Reader,
  refuse,
  text,
  whole,
} from "./fields.js";
import { shape } from "./tensor.js";
import type {
  ConditionSection,
  DataSection,
  LatentSection,
  LikelihoodSection,
  ModelDescription,
  TrainingSection,
} from "./types.js";

const MAX_LATENT = 2 ** 16;
const MAX_CLASSES = 2 ** 16;

export const title = text(1, 200);
const prose = text(0, 10_000);

/** A seed: a whole number that a double holds exactly. */
export const seed = whole(0, Number.MAX_SAFE_INTEGER);

const data: Check<DataSection> = (value, place) => {
  const read = open(value, place);
  const layout = read("layout", oneOf(["NHWC", "NCHW", "flat"]));
  const rank = layout === "flat" ? 1 : 3;
  return {
    shape: read("shape", (field, at) => {
      const sizes = shape(field, at);
      if (sizes.length === rank) return sizes;
      throw refuse(at, `${rank} axes, as layout ${layout} has`, sizes);
    }),
    layout,
    range: read("range", (field, at) => {
      const [low, high] = list(finite, 2, 2)(field, at) as [number, number];
      if (low < high) return [low, high];
      throw refuse(at, "a smallest value below the largest", [low, high]);
    }),
    binarised: read("binarised", flag),
  };
};

const latent: Check<LatentSection> = (value, place) => {
  const read = open(value, place);
  return {
    size: read("size", whole(1, MAX_LATENT)),
    posterior: read("posterior", oneOf(["diagonal", "full"])),
  };
};

const likelihood: Check<LikelihoodSection> = (value, place) => {
  const read = open(value, place);
  const names = ["bernoulli", "continuous-bernoulli", "gaussian", "discretised-logistic"] as const;
  return { name: read("name", oneOf(names)), parameters: read("parameters", dictionary(finite)) };
};

const condition: Check<ConditionSection> = (value, place) => {
  const read = open(value, place);
  const classes = read("classes", whole(1, MAX_CLASSES));
  return { classes, names: read("names", list(title, classes, classes)) };
};

const training: Check<TrainingSection> = (value, place) => {
  const read = open(value, place);
  return {
    dataset: read("dataset", title),
    configHash: read("configHash", title),
    seed: read("seed", seed),
    epochs: read("epochs", whole(0, Number.MAX_SAFE_INTEGER)),
    versions: read("versions", dictionary(title)),
    metrics: read("metrics", dictionary(finite)),
  };
};

/** The fields that describe a model, whichever document they stand in. */
export function readDescription(read: Reader): ModelDescription {
  const labels = read("condition", maybe(condition));
  return {
    name: read("name", title),
    description: read("description", prose),
    license: read("license", title),
    data: read("data", data),
    latent: read("latent", latent),
    likelihood: read("likelihood", likelihood),
    ...(labels === undefined ? {} : { condition: labels }),
    training: read("training", training),
  };
}
