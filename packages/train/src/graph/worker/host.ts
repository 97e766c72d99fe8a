/** The worker thread's side: owns a program and answers requests, one after another. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { NamedTensorMap } from "@tensorflow/tfjs-node";
import { loadTensorFlow, type TensorFlow } from "../../tensorflow/index.js";
import { GraphError } from "../errors.js";
import type { TypedArray } from "../native.js";
import {
  type Numbered,
  type PlainState,
  READY,
  type RemoteSetup,
  type Reply,
  type Request,
  type SetUp,
} from "./protocol.js";

async function serve(port: MessagePort): Promise<void> {
  const { module, data } = workerData as { module: string; data: unknown };
  const reply = (message: Reply) => port.postMessage(message, buffersOf(message));
  const answer = async (number: number, work: () => unknown) => {
    try {
      reply({ number, result: await work() });
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      reply({ number, error: { name, message, stack } });
    }
  };
  await answer(READY, async () => {
    const tf = await loadTensorFlow();
    const { default: setUp } = (await import(module)) as { default: SetUp };
    const setup = await setUp(tf, data);
    port.on("message", ({ number, request }: Numbered) =>
      answer(number, () => perform(tf, setup, request)),
    );
  });
}

function perform(tf: TensorFlow, { program, functions }: RemoteSetup, request: Request): unknown {
  switch (request.verb) {
    case "call": {
      const f = functions[request.name];
      if (f) return f.values(...request.inputs);
      const known = Object.keys(functions).join(", ");
      throw new GraphError(`The worker has no function "${request.name}"; it has ${known}.`);
    }
    case "state":
      return plain(program.state());
    case "restore":
      return tf.tidy(() => program.restore(toTensors(tf, request.state)));
    case "dispose":
      return program.dispose();
  }
}

function plain(state: NamedTensorMap): PlainState {
  const entries = Object.entries(state).map(([name, tensor]) => {
    const { shape, dtype } = tensor;
    const values = tensor.dataSync() as TypedArray;
    tensor.dispose();
    return [name, { shape, dtype, values }] as const;
  });
  return Object.fromEntries(entries);
}

function toTensors(tf: TensorFlow, state: PlainState): NamedTensorMap {
  const entries = Object.entries(state).map(([name, { shape, dtype, values }]) => {
    return [name, tf.tensor(values, shape, dtype)] as const;
  });
  return Object.fromEntries(entries);
}

/** The memory of the values in a message, which moves to the other thread instead of being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  if (typeof value !== "object" || value === null) return [];
  return [...new Set(Object.values(value).flatMap(buffersOf))];
}

if (parentPort) await serve(parentPort);
