/** What the doctor reports. */

/** What a provider lacks. `commands` are to be run as they stand, in order. */
export interface Remedy {
  /**
   * For `cuda`, in the order in which a machine gets past them: `platform`, `package`, `provider-library`,
   * `cuda-libraries`, `driver`, `device`; for `webgpu`: `vulkan`, `adapter`. `platform`, `package`, `crash` and
   * `unknown` are any's.
   */
  stage: string;
  advice: string;
  commands: string[];
}

export interface ProviderReport {
  provider: string;
  /** npm package of ONNX Runtime. */
  package: string;
  /** True when it ran a model. */
  ok: boolean;
  milliseconds: number;
  /** Threads it uses by default, where the runtime tells. */
  threads: number | null;
  /** What else is worth knowing. */
  notes: string[];
  /** What ONNX Runtime said, and what to do; absent on success. */
  reason?: string;
  remedy?: Remedy;
  /** For `cuda`: the stages before the one that fails, which are all there. */
  passed?: string[];
}

export interface PackageReport {
  name: string;
  /** Null when it is not installed, or does not load. */
  version: string | null;
  /** The version that this package is tested with. */
  wanted: string;
}

export interface DoctorReport {
  version: string;
  node: string;
  platform: string;
  /** Processors that this process may use. */
  processors: number;
  packages: PackageReport[];
  providers: ProviderReport[];
}
