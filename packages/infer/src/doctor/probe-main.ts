/** A process of its own that tries one provider, so that native code may print and crash as it likes. */
import { runtime } from "../runtime/node.js";
import { wasmRuntime } from "../runtime/wasm.js";

/** What a try tells its parent. */
export type ProbeResult =
  | { ok: true; milliseconds: number; threads: number | null }
  | { ok: false; milliseconds: number; message: string };

/** An ONNX graph of one node, y = -x, with x [N, 4]. */
const MODEL =
  "CAgSADo8CgsKAXgSAXkiA05lZxIBZ1oUCgF4Eg8KDQgBEgkKAxIBTgoCCARiFAoBeRIPCg0IARIJCgMSAU4KAggEQgQKABAR";

async function probe(name: string): Promise<{ threads: number | null }> {
  const platform = name === "wasm" ? wasmRuntime : runtime;
  const provider = await platform.open(name, { threads: undefined, automatic: false });
  const session = await provider.createSession(Buffer.from(MODEL, "base64"), false);
  const x = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 4] };
  const { y } = await session.run({ x }, ["y"]);
  await session.release();
  if (y?.data.join() === "-1,-2,-3,-4") return { threads: provider.threads() };
  throw new Error(`wrong numbers: -x of 1,2,3,4 is ${y?.data.join()}`);
}

const start = performance.now();
const result: ProbeResult = await probe(process.argv[2]!).then(
  ({ threads }) => ({ ok: true, milliseconds: performance.now() - start, threads }),
  (error: unknown) => ({
    ok: false,
    milliseconds: performance.now() - start,
    message: error instanceof Error ? error.message : String(error),
  }),
);
process.send?.(result, () => process.disconnect());
