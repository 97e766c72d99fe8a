/** A tf.js model as the rest of the package sees it: plain data, no tf.js object inside. */

/** A weight, row-major. Reading `data` may fetch it from tf.js or a file: large ones are not kept. */
export interface SourceTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** The same elements piece by piece, each good until the next is asked for. */
  pieces(): Iterable<Float32Array>;
}

/** A symbolic tensor of the model, told apart by identity; `null` is an open size. */
export interface SourceValue {
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

/** A layer; called more than once where it is shared. */
export interface SourceLayer {
  readonly name: string;
  /** Serialized class name, such as `Conv2D`. */
  readonly className: string;
  /** What `getConfig` gives. */
  readonly config: Readonly<Record<string, unknown>>;
  /** By the name the layer gave them, such as `kernel`. */
  readonly weights: Readonly<Record<string, SourceTensor>>;
  /**
   * Layers inside: a recurrent layer's cell, the cells of a stack, what a wrapper wraps (forward,
   * then backward).
   */
  readonly inner: readonly SourceLayer[];
  /** What is inside, where the layer is itself a model. */
  readonly model?: SourceModel;
}

/** One use of a layer. */
export interface SourceCall {
  readonly layer: SourceLayer;
  readonly inputs: readonly SourceValue[];
  readonly outputs: readonly SourceValue[];
}

/** A model: its calls in an order in which every tensor is made before it is used. */
export interface SourceModel {
  readonly name: string;
  readonly inputs: readonly SourceValue[];
  readonly outputs: readonly SourceValue[];
  /** Names of the layers behind inputs and outputs. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly calls: readonly SourceCall[];
  /** Version of tfjs-layers that holds the model, where it says so. */
  readonly tfjsLayersVersion?: string | undefined;
}
