/** `@vaeport/infer/canvas`: draws results that stay on the GPU, without reading them back. */
import { InputError } from "./errors.js";
import { requireFinite, requireWhole } from "./input.js";
import type { GpuTensor } from "./runtime/types.js";

/** The part of WebGPU in use, https://www.w3.org/TR/webgpu/. */
interface Device {
  readonly queue: {
    writeBuffer(buffer: unknown, offset: number, data: Float32Array): void;
    submit(commands: unknown[]): void;
  };
  createShaderModule(descriptor: { code: string }): unknown;
  createRenderPipeline(descriptor: object): Pipeline;
  createBuffer(descriptor: { size: number; usage: number }): Uniforms;
  createBindGroup(descriptor: object): unknown;
  createCommandEncoder(): Encoder;
}

interface Pipeline {
  getBindGroupLayout(index: number): unknown;
}

interface Uniforms {
  destroy(): void;
}

interface Encoder {
  beginRenderPass(descriptor: object): Pass;
  finish(): unknown;
}

interface Pass {
  setPipeline(pipeline: unknown): void;
  setBindGroup(index: number, group: unknown): void;
  draw(vertices: number): void;
  end(): void;
}

interface Context {
  configure(settings: { device: Device; format: string; alphaMode: "opaque" }): void;
  getCurrentTexture(): { createView(): unknown };
}

/** A canvas on the page, or an OffscreenCanvas. */
export interface DrawableCanvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: "webgpu"): unknown;
}

/** How items become the pixels of a grid. */
export interface DrawOptions {
  /** The values drawn black and white, such as `manifest.data.range`; [0, 1] by default. */
  range?: readonly [number, number];
  /** Items side by side; as many as make a square grid by default. */
  columns?: number;
}

const UNIFORM_AND_COPY_DST = 0x40 | 0x08;

/**
 * Each pixel of the canvas is that of the item it lies in, nearest neighbour; 1 channel is grey, 3 are RGB. Places in
 * the buffer are whole numbers, since a float has 24 bits.
 */
const SHADER = `
struct Picture { items: f32, height: f32, width: f32, channels: f32, columns: f32, rows: f32, low: f32, high: f32,
  canvasWidth: f32, canvasHeight: f32 }
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<uniform> picture: Picture;
@vertex fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}
@fragment fn pixel(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let cell = position.xy / vec2f(picture.canvasWidth, picture.canvasHeight) * vec2f(picture.columns, picture.rows);
  let item = floor(cell.y) * picture.columns + floor(cell.x);
  if (item >= picture.items) { return vec4f(0.0, 0.0, 0.0, 1.0); }
  let at = floor(fract(cell) * vec2f(picture.width, picture.height));
  let row = u32(item) * u32(picture.height) + u32(at.y);
  let first = (row * u32(picture.width) + u32(at.x)) * u32(picture.channels);
  let step = select(0u, 1u, picture.channels > 1.0);
  let colour = vec3f(values[first], values[first + step], values[first + 2u * step]);
  return vec4f((colour - picture.low) / (picture.high - picture.low), 1.0);
}`;

/** Draws tensors on a canvas, with WebGPU; one per canvas. Layout [n, height, width, 1 or 3]. */
export class CanvasPainter {
  readonly #canvas: DrawableCanvas;
  readonly #context: Context;
  #ready: { device: Device; pipeline: Pipeline } | undefined;

  constructor(canvas: DrawableCanvas) {
    const context = canvas.getContext("webgpu") as Context | null;
    if (context === null) {
      throw new InputError(
        "CanvasPainter: the canvas gives no WebGPU context: it has one of another kind, or the browser has no WebGPU.",
      );
    }
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Draws a batch over the whole canvas, whose size is the caller's. The tensor may be disposed of right after. */
  draw(tensor: GpuTensor, { range = [0, 1], columns }: DrawOptions = {}): void {
    const [items, height, width, channels = 1] = pictureShape(tensor.shape);
    if (columns !== undefined) requireWhole("CanvasPainter: columns", columns, 1);
    for (const end of [range?.[0], range?.[1]]) requireFinite("CanvasPainter: range", end);
    const across = columns ?? Math.ceil(Math.sqrt(items));
    const down = Math.ceil(items / across);
    const device = tensor.device as Device;
    const pipeline = this.#pipeline(device);
    const values = [items, height, width, channels, across, down, ...range];
    const settings = Float32Array.of(...values, this.#canvas.width, this.#canvas.height);
    const uniforms = device.createBuffer({
      size: settings.byteLength,
      usage: UNIFORM_AND_COPY_DST,
    });
    device.queue.writeBuffer(uniforms, 0, settings);
    const entries = [tensor.buffer, uniforms].map((buffer, binding) => {
      return { binding, resource: { buffer } };
    });
    const layout = pipeline.getBindGroupLayout(0);
    const encoder = device.createCommandEncoder();
    const view = this.#context.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view, loadOp: "clear", storeOp: "store" }],
    });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    pass.draw(3);
    pass.end();
    device.queue.submit([encoder.finish()]);
    uniforms.destroy();
  }

  /** The pipeline for a device; another one than last time's after a `reload()`. */
  #pipeline(device: Device): Pipeline {
    if (this.#ready?.device === device) return this.#ready.pipeline;
    const { navigator } = globalThis as unknown as {
      navigator: { gpu: { getPreferredCanvasFormat(): string } };
    };
    const format = navigator.gpu.getPreferredCanvasFormat();
    this.#context.configure({ device, format, alphaMode: "opaque" });
    const module = device.createShaderModule({ code: SHADER });
    const pipeline = device.createRenderPipeline({
      layout: "auto",
      vertex: { module, entryPoint: "corner" },
      fragment: { module, entryPoint: "pixel", targets: [{ format }] },
    });
    this.#ready = { device, pipeline };
    return pipeline;
  }
}

function pictureShape(shape: readonly number[]): [number, number, number, number?] {
  const [, , , channels = 1] = shape;
  if ([3, 4].includes(shape.length) && [1, 3].includes(channels)) {
    return shape as unknown as [number, number, number, number?];
  }
  throw new InputError(
    `CanvasPainter: expected a tensor [n, height, width, 1 or 3]; got [${shape.join(", ")}].`,
  );
}
