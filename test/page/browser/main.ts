/** The page that the browser suites drive: it offers the package, as an app's bundle has it. */
import { InferError, type LoadOptions, loadVae, type Tensor } from "@vaeport/infer";
import { CanvasPainter } from "@vaeport/infer/canvas";
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import { workerRuntime } from "@vaeport/infer/worker";
import { greyPictures, pixels } from "./pictures.js";

/** The GPU devices that ONNX Runtime has made. */
const devices: GPUDevice[] = [];
const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (options) {
  const device = await requestDevice.call(this, options);
  devices.push(device);
  return device;
};

/** What an error says, in parts that can leave the page. */
interface Failure {
  /** Whether it is one of the package's own. */
  own: boolean;
  name: string;
  message: string;
  file?: string;
  reason?: string;
}

/** How often buffers were read back from a GPU. */
let readbacks = 0;
const { mapAsync } = GPUBuffer.prototype;
GPUBuffer.prototype.mapAsync = function (mode, ...range) {
  if (mode & GPUMapMode.READ) readbacks++;
  return mapAsync.call(this, mode, ...range);
};

const vaeport = {
  loadVae,
  CanvasPainter,

  /** How often a task read buffers back from a GPU, and what it gave. */
  async countReadbacks<T>(task: () => Promise<T>): Promise<{ result: T; count: number }> {
    const before = readbacks;
    const result = await task();
    return { result, count: readbacks - before };
  },

  seededNormal,
  seededUniform,
  greyPictures,
  pixels,

  /** The error that a promise ends with; throws when it ends well. */
  async failure(promise: Promise<unknown>): Promise<Failure> {
    const error = await promise.then(
      () => undefined,
      (thrown: Error & { file?: string; reason?: string }) => thrown,
    );
    if (error === undefined) throw new Error("expected an error, but there was none");
    const { name, message, file, reason } = error;
    return {
      own: error instanceof InferError,
      name,
      message,
      ...(file === undefined ? {} : { file }),
      ...(reason === undefined ? {} : { reason }),
    };
  },

  /** A worker that runs graphs (or the one at `url`), and the runtime for `loadVae` that reaches them. */
  workerRuntime(url?: string) {
    const worker = url
      ? new Worker(url, { type: "module" })
      : new Worker(new URL("./served-worker.js", import.meta.url), { type: "module" });
    return workerRuntime(worker);
  },

  /** What a worker of its own makes of a model. */
  async inOwnWorker(request: { model: string; seed: number; options: LoadOptions }) {
    const worker = new Worker(new URL("./own-worker.js", import.meta.url), { type: "module" });
    const answer = new Promise<{ chosen: string; verified: boolean; drawn: Tensor }>(
      (resolve, reject) => {
        worker.addEventListener("message", ({ data }) => resolve(data));
        worker.addEventListener("error", ({ message }) => reject(new Error(message)));
      },
    );
    worker.postMessage(request);
    return await answer.finally(() => worker.terminate());
  },

  /** Loses the GPU, as a reset of its driver would. */
  async loseGpu(): Promise<void> {
    for (const device of devices) device.destroy();
    await Promise.all(devices.map(({ lost }) => lost));
  },

  /** The longest time, in milliseconds, for which the page could do nothing else while a task ran. */
  async longestGap(task: () => Promise<unknown>): Promise<number> {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    });
    await task();
    await new Promise((resolve) => setTimeout(resolve, 10));
    clearInterval(timer);
    return longest;
  },
};

declare global {
  interface Window {
    vaeport: typeof vaeport;
  }
}

window.vaeport = vaeport;
