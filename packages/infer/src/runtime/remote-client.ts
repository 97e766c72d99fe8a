/** The calling thread's side of a worker that runs graphs. */
import { putTogether, type RemoteMessage, type RemoteRequest } from "./remote-messages.js";
import type { Tensor } from "./types.js";

/** A worker, as far as it matters here. */
export interface RemotePort {
  post(request: RemoteRequest, transfer: ArrayBuffer[]): void;
  /** Told when the worker begins to owe answers, and when it owes none. */
  busy?(busy: boolean): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class RemoteClient {
  readonly #port: RemotePort;
  readonly #waiting: Waiting[] = [];
  /** The last answer asked for: they come in order. */
  #last: Promise<unknown> | undefined;
  readonly #losses = new Map<number, (info: { message: string }) => void>();
  /** Why the worker takes no more requests. */
  #ended: Error | undefined;

  constructor(port: RemotePort) {
    this.#port = port;
  }

  /** False once the worker has ended, and all it held with it. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** The worker's answer; rejects with what it threw, or with why it ended. */
  async ask<Answer>(request: RemoteRequest): Promise<Answer> {
    if (this.#ended !== undefined) throw this.#ended;
    const answer = new Promise<Answer>((resolve, reject) => {
      // First, as it throws for what cannot be cloned: no answer comes then.
      this.#port.post(...owned(request));
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
      if (this.#waiting.length === 1) this.#port.busy?.(true);
    });
    this.#last = answer;
    return answer;
  }

  /** Resolves when the worker owes no answer to what it was asked so far. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#last]);
  }

  /** Settles when the device under a provider is lost. */
  lost(provider: number): Promise<unknown> {
    return new Promise((resolve) => this.#losses.set(provider, resolve));
  }

  /** Takes a message of the worker's. */
  receive(message: RemoteMessage): void {
    if ("lost" in message) {
      this.#losses.get(message.lost)?.({ message: message.message });
      return;
    }
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#port.busy?.(false);
    if ("error" in message) waiting?.reject(putTogether(message.error));
    else waiting?.resolve(message.value);
  }

  /** Ends what waits and what comes later with this error, unless another came first. */
  fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

/** Values in buffers of their own, which are handed over: of a view, a message would carry all that lies under it. */
function owned(request: RemoteRequest): [RemoteRequest, ArrayBuffer[]] {
  if (!("run" in request)) return [request, []];
  const feeds: Record<string, Tensor> = {};
  for (const [name, { data, shape }] of Object.entries(request.feeds)) {
    feeds[name] = { data: data.slice(), shape };
  }
  const buffers = Object.values(feeds).map(({ data }) => data.buffer as ArrayBuffer);
  return [{ ...request, feeds }, buffers];
}
