/** What the parity harness sends to a runtime and gets back; plain JSON. */
import type { GraphName, TensorRecord } from "@vaeport/infer/manifest";

export type Graph = GraphName;

/** A batch of items and of latent points. */
export interface Batch {
  /** [N, data shape] */
  x: TensorRecord;
  /** [N, k] */
  z: TensorRecord;
  /** The class of each item and point, N of them, where the model has classes. */
  label?: number[];
}

/** What the three graphs give for one batch; score at the posterior mean. */
export interface Outputs {
  mean: TensorRecord;
  log_variance: TensorRecord;
  reconstruction: TensorRecord;
  logits: TensorRecord;
  /** [N, 1], nats */
  distortion: TensorRecord;
  /** [N, 1], nats */
  rate: TensorRecord;
}

export interface WorkRequest {
  /** Folder path in Node, URL in a browser. */
  model: string;
  provider: string;
  /** Variant to load; float32 where none is named. */
  precision?: "float32" | "float16" | "int8";
  /** "web" runs onnxruntime-web inside Node; else the platform's own runtime. */
  runtime?: "web";
  batches: Batch[];
}

export interface WorkResult {
  /** The execution provider that ran, as `vae.runtime.chosen` reports it. */
  provider: string;
  outputs: Outputs[];
}

/** What the page in test/page offers to the harness that drives it. */
declare global {
  interface Window {
    runRequest: (request: WorkRequest) => Promise<WorkResult>;
  }
}
