/** The page of the soak: rounds of load, decode, dispose, with this package and with ONNX Runtime alone. */
import { loadVae } from "@vaeport/infer";
import { seededNormal } from "@vaeport/infer/random";

export interface RoundRequest {
  provider: "wasm" | "webgpu";
  decodes: number;
  latentSize: number;
}

/** The memories of WebAssembly on this page. */
const memories: WebAssembly.Memory[] = [];
WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
  construct(target, [descriptor]) {
    const memory = new target(descriptor);
    memories.push(memory);
    return memory;
  },
});

/** The model, fetched once: the developer tools that drive the page would keep what each round fetched. */
const model = fetchModel();

async function fetchModel() {
  const get = async (name: string) =>
    new Uint8Array(await (await fetch(`/model/${name}`)).arrayBuffer());
  const manifest: unknown = await (await fetch("/model/vae.json")).json();
  const files: Record<string, Uint8Array> = {};
  for (const name of ["encoder.onnx", "decoder.onnx", "score.onnx"]) files[name] = await get(name);
  return { manifest, files };
}

async function ours({ provider, decodes, latentSize }: RoundRequest): Promise<void> {
  const vae = await loadVae(await model, { provider, threads: 1 });
  for (let i = 0; i < decodes; i++) await vae.decode(seededNormal(i, latentSize));
  await vae.dispose();
}

async function alone({ provider, decodes, latentSize }: RoundRequest): Promise<void> {
  const ort =
    provider === "wasm"
      ? await import("onnxruntime-web/wasm")
      : await import("onnxruntime-web/webgpu");
  ort.env.wasm.numThreads = 1;
  const create = async (name: string) => {
    const bytes = (await model).files[`${name}.onnx`]!;
    return ort.InferenceSession.create(bytes, { executionProviders: [provider] });
  };
  const encoder = await create("encoder");
  const decoder = await create("decoder");
  const score = await create("score");
  for (let i = 0; i < decodes; i++) {
    const z = new ort.Tensor("float32", seededNormal(i, latentSize), [1, latentSize]);
    await decoder.run({ z }, ["reconstruction"]);
  }
  for (const session of [encoder, decoder, score]) await session.release();
}

const soak = {
  ours,
  alone,
  /** Bytes of all WebAssembly memory. */
  wasmBytes: () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
};

declare global {
  interface Window {
    soak: typeof soak;
  }
}

window.soak = soak;
