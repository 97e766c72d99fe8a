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
  record,
  refuse,
  text,
  whole,
  within,
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

const range: Check<[number, number]> = (value, place) => {
  const [low, high] = list(finite, 2, 2)(value, place) as [number, number];
  if (low < high) return [low, high];
  throw refuse(place, "a smallest value below the largest", [low, high]);
};

const dataFields = record<DataSection>({
  shape,
  layout: oneOf(["NHWC", "NCHW", "flat"]),
  range,
  binarised: flag,
});

const data: Check<DataSection> = (value, place) => {
  const section = dataFields(value, place);
  const { shape: sizes, layout } = section;
  const rank = layout === "flat" ? 1 : 3;
  if (sizes.length === rank) return section;
  throw refuse(within(place, "shape"), `${rank} axes, as layout ${layout} has`, sizes);
};

const latent = record<LatentSection>({
  size: whole(1, MAX_LATENT),
  posterior: oneOf(["diagonal", "full"]),
});

const likelihood = record<LikelihoodSection>({
  name: oneOf(["bernoulli", "continuous-bernoulli", "gaussian", "discretised-logistic"]),
  parameters: dictionary(finite),
});

const condition: Check<ConditionSection> = (value, place) => {
  const read = open(value, place);
  const classes = read("classes", whole(1, MAX_CLASSES));
  return { classes, names: read("names", list(title, classes, classes)) };
};

const training = record<TrainingSection>({
  dataset: title,
  configHash: title,
  seed,
  epochs: whole(0, Number.MAX_SAFE_INTEGER),
  versions: dictionary(title),
  metrics: dictionary(finite),
});

/** What describes a model, whichever document it stands in. */
export const description = record<ModelDescription>({
  name: title,
  description: prose,
  license: title,
  data,
  latent,
  likelihood,
  condition: maybe(condition),
  training,
});
