/** `@vaeport/infer`: run a variational autoencoder on ONNX Runtime, in Node and in browsers. */
export {
  type Attempt,
  DisposedError,
  InferError,
  InputError,
  ManifestError,
  ModelFileError,
  ProviderError,
  RunError,
  type RunFailure,
  RuntimeMissingError,
  SourceError,
  UnknownProviderError,
  UnsupportedModelError,
} from "./errors.js";
export type { FileCache, FileReport } from "./file-cache.js";
export type { Bytes, ByteTensor, Label } from "./input.js";
export type { PathKind, Posterior } from "./latent.js";
export { type LoadOptions, loadVae } from "./load-vae.js";
export type { VaeManifest } from "./manifest/types.js";
export type { InMemory, ModelSource } from "./model-source.js";
export type {
  CallOptions,
  DataInput,
  DataOptions,
  LabelOptions,
  LatentInput,
  OffsetOptions,
  Place,
  Placed,
  PlaceOptions,
} from "./options.js";
export type { ProviderName, ProviderOptions, RuntimeReport } from "./providers.js";
export type { Queue } from "./queue.js";
export type {
  Adapter,
  Feeds,
  GpuTensor,
  OpenOptions,
  OpenProvider,
  Picture,
  ReadOptions,
  Runtime,
  Session,
  SessionOptions,
  Tensor,
} from "./runtime/types.js";
export type { Scores } from "./score.js";
export type { Precision, Progress } from "./source.js";
export type { Vae } from "./vae.js";
