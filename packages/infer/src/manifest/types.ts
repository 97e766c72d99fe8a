/** The types of `vae.json` and of a run's `summary.json`, format version 1. */

/** A small float32 tensor inside JSON: `data` is base64 of its little-endian bytes, row-major. */
export interface TensorRecord {
  shape: number[];
  data: string;
}

/** The graphs of a model: q(z | x), p(x | z), and distortion and rate out of both. */
export type GraphName = "encoder" | "decoder" | "score";

/** A graph file inside the model folder; `sha256` is 64 lower-case hexadecimal digits. */
export interface GraphFile {
  file: string;
  bytes: number;
  sha256: string;
}

/** The three graphs at one precision. */
export interface Variant {
  encoder: GraphFile;
  decoder: GraphFile;
  score: GraphFile;
  /** Largest absolute error against the float32 graphs on the check vector, per graph output. */
  errorAgainstFloat32?: Record<string, number>;
}

/** The data of one item, batch axis left out: `shape` [H, W, C], [C, H, W] or [D]. */
export interface DataSection {
  shape: number[];
  layout: "NHWC" | "NCHW" | "flat";
  /** Smallest and largest value an item holds. */
  range: [number, number];
  /** True where training drew binary pixels. */
  binarised: boolean;
}

/** The latent space: k = `size`, and the covariance the encoder gives. */
export interface LatentSection {
  size: number;
  posterior: "diagonal" | "full";
}

/** The likelihood p(x | z) whose parameters the decoder gives. */
export interface LikelihoodSection {
  name: "bernoulli" | "continuous-bernoulli" | "gaussian" | "discretised-logistic";
  /** Fixed parameters of the likelihood; empty where it has none. */
  parameters: Record<string, number>;
}

/** Classes that a conditional model takes as one-hot labels. */
export interface ConditionSection {
  classes: number;
  names: string[];
}

/**
 * A vector stored at export, to reject a runtime that gives wrong numbers.
 * `input` is one item [1, ...data.shape]; `noise` is `seededNormal(seed, k)` as [1, k]; `outputs` are
 * by graph output name: the encoder's for `input`, the decoder's for z = mean + exp(log_variance/2) * noise
 * (or mean + scale_tril * noise), and the score's for all of these.
 */
export interface CheckSection {
  seed: number;
  /** The class of `input`, where the model has classes. */
  label?: number;
  input: TensorRecord;
  noise: TensorRecord;
  outputs: Record<string, TensorRecord>;
}

/** What the model was trained on and how; `configHash` is the SHA-256 of the configuration. */
export interface TrainingSection {
  dataset: string;
  configHash: string;
  seed: number;
  epochs: number;
  versions: Record<string, string>;
  metrics: Record<string, number>;
}

/** What `vae.json` and `summary.json` share. */
export interface ModelDescription {
  name: string;
  description: string;
  license: string;
  data: DataSection;
  latent: LatentSection;
  likelihood: LikelihoodSection;
  condition?: ConditionSection;
  training: TrainingSection;
}

/** `vae.json` of a model folder. */
export interface VaeManifest extends ModelDescription {
  format: "vaeport-vae";
  version: 1;
  variants: { float32: Variant; float16?: Variant; int8?: Variant };
  check: CheckSection;
  producer: { name: string; version: string };
}

/** `summary.json` of a run folder; `example` is a held-out item [1, ...data.shape], `label` its class, if any. */
export interface RunSummary extends ModelDescription {
  format: "vaeport-run";
  version: 1;
  label?: number;
  example: TensorRecord;
}
