/** The page of the browser benchmark: one decoder, the same weights, in this package, raw ONNX Runtime and tf.js. */
import type * as wasm from "@tensorflow/tfjs-backend-wasm";
import type * as core from "@tensorflow/tfjs-core";
import type * as layers from "@tensorflow/tfjs-layers";
import { loadVae } from "@vaeport/infer";
import { seededNormal, seededUniform } from "@vaeport/infer/random";

/** What the scripts of tf.js leave on the page. */
declare const tf: typeof core & typeof layers & { wasm: typeof wasm };

type Backend = "wasm" | "webgpu";
type Decode = (z: Float32Array, items: number) => Promise<Float32Array>;

interface Setting {
  /** Where the model folder and the tf.js decoder lie. */
  model: string;
  layers: string;
  latent: number;
  backend: Backend;
  threads: number;
}

const engines: Record<string, Decode> = {};
let latent = 0;

/** Loads the decoder into every engine; gives their names and what they run on. */
async function prepare(setting: Setting): Promise<{ names: string[]; says: string }> {
  latent = setting.latent;
  const { backend, threads } = setting;
  const vae = await loadVae(setting.model, { provider: backend, strict: true, threads });
  engines.vaeport = async (z) => (await vae.decode(z)).data;
  engines["onnxruntime-web, raw"] = await rawRuntime(setting);
  engines[`tf.js, ${backend}`] = await tensorFlow(setting);
  const { adapter } = vae.runtime;
  const says =
    backend === "wasm"
      ? `ONNX Runtime says threads: ${vae.runtime.threads}`
      : `${adapter?.vendor} ${adapter?.architecture}`;
  return { names: Object.keys(engines), says };
}

async function rawRuntime({ model, backend }: Setting): Promise<Decode> {
  const ort =
    backend === "wasm"
      ? await import("onnxruntime-web/wasm")
      : await import("onnxruntime-web/webgpu");
  const session = await ort.InferenceSession.create(`${model}decoder.onnx`, {
    executionProviders: [backend],
  });
  return async (z, items) => {
    const feeds = { z: new ort.Tensor("float32", z, [items, latent]) };
    const { reconstruction } = await session.run(feeds, ["reconstruction"]);
    return reconstruction!.data as Float32Array;
  };
}

async function tensorFlow({ layers, backend, threads }: Setting): Promise<Decode> {
  tf.wasm.setWasmPaths("/tfjs-backend-wasm/");
  tf.wasm.setThreadsCount(threads);
  if (!(await tf.setBackend(backend))) throw new Error(`tf.js has no ${backend} here`);
  const decoder = await tf.loadLayersModel(layers);
  return async (z, items) => {
    const image = tf.tidy(() => {
      const [logits] = [decoder.predict(tf.tensor2d(z, [items, latent]))].flat();
      return tf.sigmoid(logits!);
    });
    // WebAssembly has its values at hand; a promise of them would only cost.
    const values = backend === "wasm" ? image.dataSync() : await image.data();
    image.dispose();
    return values as Float32Array;
  };
}

/** The first image of an engine, to compare. */
async function decode(name: string, items: number): Promise<number[]> {
  const values = await engines[name]!(seededNormal(1, items * latent), items);
  return [...values.subarray(0, 784)];
}

/** Milliseconds of single calls of every engine in turns of random order, for so long; the first fifth warms up. */
async function time(items: number, budget: number): Promise<Record<string, number[]>> {
  const z = seededNormal(1, items * latent);
  const names = Object.keys(engines);
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  const start = performance.now();
  for (let turn = 0, now = start; now < start + budget; turn++, now = performance.now()) {
    const keys = seededUniform(1, names.length, turn);
    const order = names.toSorted((a, b) => keys[names.indexOf(a)]! - keys[names.indexOf(b)]!);
    for (const name of order) {
      const begun = performance.now();
      await engines[name]!(z, items);
      if (now > start + budget / 5) times[name]!.push(performance.now() - begun);
    }
  }
  return times;
}

const speed = { prepare, decode, time };

declare global {
  interface Window {
    speed: typeof speed;
  }
}

window.speed = speed;
