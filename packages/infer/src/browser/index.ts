/** `dist/browser/vaeport-infer.js`: the whole package in one file, for pages without a bundler. */
export { CanvasPainter } from "../canvas.js";
export * from "../index.js";
export { seededNormal, seededUint32, seededUniform } from "../random.js";
export { serveVae, workerRuntime } from "../runtime/worker.js";
