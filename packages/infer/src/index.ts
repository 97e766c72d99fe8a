/** `@vaeport/infer`: run a variational autoencoder on ONNX Runtime, in Node and in browsers. */
export {
  type Attempt,
  DisposedError,
  InferError,
  InputError,
  ManifestError,
  ModelFileError,
  ProviderError,
  RuntimeMissingError,
  SourceError,
  UnknownProviderError,
  UnsupportedModelError,
} from "./errors.js";
export type { PathKind, Posterior } from "./latent.js";
export { type LoadOptions, loadVae } from "./load-vae.js";
export type { VaeManifest } from "./manifest/types.js";
export type { ProviderName, ProviderOptions, RuntimeReport } from "./providers.js";
export type { Queue } from "./queue.js";
export type {
  Adapter,
  OpenOptions,
  OpenProvider,
  Runtime,
  Session,
  Tensor,
} from "./runtime/types.js";
export type { ModelSource } from "./source.js";
export type { Scores, Vae } from "./vae.js";
