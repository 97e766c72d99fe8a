/**
 * Forbids, while a function is recorded, what a graph cannot hold: random numbers and clocks of JavaScript, and
 * variables made inside. tf.js' own generators are caught where they are entered, whatever their seed or size.
 */
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError } from "../errors.js";
import type { Patch } from "./patch.js";

type Engine = ReturnType<TensorFlow["engine"]>;

/** tf.js functions that draw in JavaScript, or natively by a hidden state. */
const GENERATORS = new Set([
  ...["rand", "randomNormal", "randomStandardNormal", "randomUniform", "randomUniformInt"],
  ...["randomGamma", "truncatedNormal", "multinomial"],
]);

/** tf.js functions named in the message rather than the generator that they call. */
const CALLERS = new Set(["dropout"]);

/** What tf.js appends to a function's name to name its scope. */
const SCOPE_SUFFIX = "__op";

export class Guard {
  readonly #where: string;
  /** Names of the tf.js functions that are running, outermost first; "" for another scope. */
  readonly #functions: string[] = [];
  #violation: CaptureError | undefined;

  constructor(where: string) {
    this.#where = where;
  }

  /** The tf.js function that runs now, as "tf.softmax"; empty outside of one. */
  get source(): string {
    const name = this.#functions.findLast((name) => name !== "");
    return name ? `tf.${name}` : "";
  }

  /** Throws, and remembers it in case that the function swallows it. */
  refuse(reason: string): never {
    const error = new CaptureError(`"${this.#where}" cannot be captured: ${reason}`);
    this.#violation ??= error;
    throw error;
  }

  /** @throws CaptureError when anything was refused, even if the function caught that error. */
  check(): void {
    if (this.#violation) throw this.#violation;
  }

  /** The patches that let this guard watch the engine and the globals. */
  patches(engine: Engine): Patch[] {
    return [...this.#enginePatches(engine), ...this.#globalPatches()];
  }

  #enginePatches(engine: Engine): Patch[] {
    const startScope = (name?: string | null): void => {
      this.#functions.push(name?.endsWith(SCOPE_SUFFIX) ? name.slice(0, -SCOPE_SUFFIX.length) : "");
      this.#refuseGenerators();
      Object.getPrototypeOf(engine).startScope.call(engine, name);
    };
    const endScope = (result?: unknown): void => {
      this.#functions.pop();
      Object.getPrototypeOf(engine).endScope.call(engine, result);
    };
    const makeVariable = (_value: unknown, _trainable?: boolean, name?: string): never =>
      this.refuse(
        `the tf.Variable ${name ? `"${name}"` : "without a name"} is made inside. ` +
          "Make it before, for a layer by applying the model once.",
      );
    const disposeVariable = ({ name }: { name: string }): never =>
      this.refuse(`the tf.Variable "${name}" is disposed inside. Dispose of it after the program.`);
    const entries = { startScope, endScope, makeVariable, disposeVariable };
    return Object.entries(entries).map(([key, value]) => ({ target: engine, key, value }));
  }

  #refuseGenerators(): void {
    const generator = this.#functions.at(-1)!;
    if (!GENERATORS.has(generator)) return;
    this.#functions.pop();
    const shown = this.#functions.find((name) => CALLERS.has(name)) ?? generator;
    this.refuse(
      `tf.${shown} draws its random numbers outside of the graph, which would freeze them. ` +
        "Use a randomStream, or dropout, dropoutLayer or gaussianNoiseLayer of this package.",
    );
  }

  #globalPatches(): Patch[] {
    const forbid = (label: string) => () =>
      this.refuse(
        `${label} is called inside, whose value would be frozen. ` +
          "Draw random numbers from a randomStream; pass times and counters as inputs.",
      );
    const clock = Object.assign(forbid("process.hrtime()"), {
      bigint: forbid("process.hrtime.bigint()"),
    });
    return [
      { target: Math, key: "random", value: forbid("Math.random()") },
      { target: performance, key: "now", value: forbid("performance.now()") },
      { target: process, key: "hrtime", value: clock },
      { target: crypto, key: "getRandomValues", value: forbid("crypto.getRandomValues()") },
      { target: crypto, key: "randomUUID", value: forbid("crypto.randomUUID()") },
      { target: globalThis, key: "Date", value: forbiddenDate(forbid) },
    ];
  }
}

/** Date without the present: `new Date(2020, 1)` works, `new Date()` and `Date.now()` do not. */
function forbiddenDate(forbid: (label: string) => () => never): DateConstructor {
  return new Proxy(Date, {
    construct: (target, values: [number]) =>
      values.length > 0 ? new target(...values) : forbid("new Date()")(),
    apply: forbid("Date()"),
    get: (target, key) => (key === "now" ? forbid("Date.now()") : Reflect.get(target, key)),
  });
}
