/** What callers hand to a model's methods. */
import type { Bytes, ByteTensor, Label } from "./input.js";
import type { GpuTensor, Picture, Tensor } from "./runtime/types.js";

/**
 * n items of data: float32 values in the range of `manifest.data`; bytes, 0 and 255 standing for the ends of that
 * range; in browsers also pictures (ImageData, ImageBitmap, canvas), one or a list.
 */
export type DataInput = Tensor | Float32Array | ByteTensor | Bytes | Picture | readonly Picture[];

/** n latent points, [n, k] float32. */
export type LatentInput = Tensor | Float32Array;

/** What every call takes. */
export interface CallOptions {
  /**
   * Gives the call up: it rejects at once with the signal's reason. What waits in the queue never runs; a graph that
   * runs already is not interrupted, and its result is thrown away.
   */
  signal?: AbortSignal | undefined;
}

/** What calls on a conditional model need besides. */
export interface LabelOptions extends CallOptions {
  /** The class, counted from 0, of all items or of each; for models with `manifest.condition`, and only those. */
  label?: Label | undefined;
}

/** What calls that take data may say about it. */
export interface DataOptions extends LabelOptions {
  /** Scales pictures of another size to the model's; without it they are an InputError. */
  resize?: boolean | undefined;
}

/** Calls that draw noise: a large set can go through in parts, with the numbers that one call would give. */
export interface OffsetOptions {
  /** How many items came before in the same set; each item's noise follows from its place in it. 0 by default. */
  offset?: number | undefined;
}

/** Where results go: into memory, or nowhere, staying on the GPU (provider webgpu in browsers; else InputError). */
export type Place = "cpu" | "gpu";

/** A result at its place. */
export type Placed<To extends Place> = To extends "gpu" ? GpuTensor : Tensor;

/** What calls that decode may say about their result. */
export interface PlaceOptions<To extends Place> extends LabelOptions {
  /** `gpu` hands out the GPU's buffer without reading it back; dispose of it. `cpu` by default. */
  to?: To | undefined;
}
