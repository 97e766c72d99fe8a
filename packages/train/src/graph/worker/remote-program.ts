/** A program owned by a worker thread, so that a step in TensorFlow never blocks this one. */
import { Worker } from "node:worker_threads";
import {
  CaptureError,
  DisposedError,
  GraphError,
  InputError,
  NativeGraphError,
  StateError,
} from "../errors.js";
import type { TypedArray } from "../native.js";
import {
  type Numbered,
  type PlainState,
  READY,
  type RemoteError,
  type RemoteValues,
  type Reply,
  type Request,
} from "./protocol.js";

const ERRORS = { CaptureError, DisposedError, InputError, NativeGraphError, StateError };

/** The error of the other thread, of its class, with its stack. */
function revive({ name, message, stack }: RemoteError): GraphError {
  const Class = ERRORS[name as keyof typeof ERRORS] ?? GraphError;
  const error = new Class(message);
  if (stack) error.stack = stack;
  return error;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A program that a worker thread owns: each of its functions is called by name and answers with a promise. */
export class RemoteProgram {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = READY;
  #ended: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (reply: Reply) => this.#settle(reply));
    worker.on("error", (error) => this.#end(error));
    worker.on("exit", () => this.#end(new DisposedError("The worker of the program has ended.")));
  }

  /**
   * Starts a worker and lets a module set up a program there.
   *
   * Environment variables of TensorFlow must be set before, on the main thread: native code does not see a worker's.
   *
   * @param module whose default export is a `SetUp` function
   * @param data handed to it, cloned
   * @throws the error of the module, as a GraphError if it is no error of this package
   */
  static async open(module: URL, data?: unknown): Promise<RemoteProgram> {
    const workerData = { module: module.href, data };
    const worker = new Worker(new URL("./host.js", import.meta.url), { workerData });
    const remote = new RemoteProgram(worker);
    try {
      await remote.#reply(READY);
      return remote;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  /** Calls a function of the set-up with values. Calls are answered in their order; several may be under way. */
  async call(name: string, ...inputs: TypedArray[]): Promise<RemoteValues> {
    return (await this.#ask({ verb: "call", name, inputs })) as RemoteValues;
  }

  /** Everything that the program remembers, by name. */
  async state(): Promise<PlainState> {
    return (await this.#ask({ verb: "state" })) as PlainState;
  }

  /** Takes a state back, bit for bit. @throws StateError as `Program.restore` */
  async restore(state: PlainState): Promise<void> {
    await this.#ask({ verb: "restore", state });
  }

  /** Frees the program after the calls under way, and ends the worker. */
  async dispose(): Promise<void> {
    if (this.#ended) return;
    await this.#ask({ verb: "dispose" });
    await this.#worker.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #ask(request: Request): Promise<unknown> {
    const number = ++this.#last;
    const reply = this.#reply(number);
    if (!this.#ended) this.#worker.postMessage({ number, request } satisfies Numbered);
    return reply;
  }

  #reply(number: number): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.number);
    this.#waiting.delete(reply.number);
    if ("error" in reply) waiting?.reject(revive(reply.error));
    else waiting?.resolve(reply.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
