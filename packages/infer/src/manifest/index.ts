/** `@vaeport/infer/manifest`: the one schema of `vae.json`, for its writers and its readers; no Node, no DOM. */
export { InferError, ManifestError } from "../errors.js";
export { parseManifest, parseRunSummary } from "./parse.js";
export { decodeTensor, encodeTensor } from "./tensor.js";
export type {
  CheckSection,
  ConditionSection,
  DataSection,
  GraphFile,
  GraphName,
  LatentSection,
  LikelihoodSection,
  ModelDescription,
  RunSummary,
  TensorRecord,
  TrainingSection,
  VaeManifest,
  Variant,
} from "./types.js";
