/** A model's sessions through their life: the calls in flight, a reload, the end. */
import { DisposedError } from "./errors.js";
import type { Graphs } from "./graphs.js";
import type { OpenModel, RuntimeReport } from "./providers.js";
import { unlessAborted } from "./queue.js";

export type Reopen = (signal: AbortSignal | undefined) => Promise<OpenModel>;

export class Lifecycle {
  readonly #reopen: Reopen;
  /** Calls in flight, and what their end wakes: the one reload or dispose that waits for it. */
  #running = 0;
  #idle: (() => void) | undefined;
  #report: RuntimeReport;
  /** Undefined after a reload that failed. */
  #graphs: Graphs | undefined;
  #reloading: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor({ graphs, report }: OpenModel, reopen: Reopen) {
    this.#graphs = graphs;
    this.#report = report;
    this.#reopen = reopen;
  }

  get report(): RuntimeReport {
    return this.#report;
  }

  /** Runs a call, after a reload that is under way; reload and dispose then wait for it. */
  async call<T>(
    where: string,
    task: (graphs: Graphs) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    this.#requireAlive(where);
    // Why a reload failed is told to those who asked for it.
    while (this.#reloading)
      await unlessAborted(() => Promise.allSettled([this.#reloading]), signal);
    this.#requireAlive(where); // it may have been disposed since
    const graphs = this.#live(where);
    this.#running++;
    try {
      return await task(graphs);
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }

  /** Replaces the sessions once the calls before it have ended; one that is under way is shared. */
  async reload(signal: AbortSignal | undefined): Promise<void> {
    this.#requireAlive("reload");
    return unlessAborted(() => {
      this.#reloading ??= this.#replace(signal).finally(() => {
        this.#reloading = undefined;
      });
      return this.#reloading;
    }, signal);
  }

  /** Releases the sessions once the calls and the reload before it have ended. */
  dispose(): Promise<void> {
    this.#disposed ??= Promise.allSettled([this.#reloading]).then(() => this.#release());
    return this.#disposed;
  }

  async #replace(signal: AbortSignal | undefined): Promise<void> {
    // What is broken may fail to be released too, or never be; it is given up either way.
    await unlessAborted(() => Promise.allSettled([this.#release()]), signal);
    const { graphs, report } = await this.#reopen(signal);
    this.#graphs = graphs;
    this.#report = report;
  }

  async #release(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resume) => {
        this.#idle = resume;
      });
    }
    const graphs = this.#graphs;
    this.#graphs = undefined;
    await graphs?.release();
  }

  #requireAlive(where: string): void {
    if (this.#disposed === undefined) return;
    throw new DisposedError(`${where}: the model was disposed. Load it again.`);
  }

  #live(where: string): Graphs {
    if (this.#graphs !== undefined) return this.#graphs;
    throw new DisposedError(`${where}: the last reload failed. Call reload() again.`);
  }
}
