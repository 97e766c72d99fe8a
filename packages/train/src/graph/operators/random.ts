/**
 * Counter-based random numbers: pure functions of (seed, counter), so that a captured function draws what an eager
 * one draws, and a restored program goes on where it stopped. Philox underneath: Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
import type { Tensor, Tensor1D, Variable } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { GraphError } from "../errors.js";
import { execute } from "./execute.js";

const STATELESS = {
  dtype: { dtype: "float32" },
  T: { dtype: "int32" },
  Tseed: { dtype: "int32" },
} as const;

/** Standard normal draws of `shape`, a pure function of `state`, int32 [2]: seed and counter. */
export function standardNormal<T extends Tensor = Tensor>(
  tf: TensorFlow,
  shape: readonly number[],
  state: Tensor1D,
): T {
  const size = tf.tensor1d([...shape], "int32");
  return execute<T>(tf, "StatelessRandomNormal", [size, state], STATELESS);
}

/** Draws from [0, 1) of `shape`, a pure function of `state`, int32 [2]: seed and counter. */
export function standardUniform<T extends Tensor = Tensor>(
  tf: TensorFlow,
  shape: readonly number[],
  state: Tensor1D,
): T {
  const size = tf.tensor1d([...shape], "int32");
  return execute<T>(tf, "StatelessRandomUniform", [size, state], STATELESS);
}

/** A stream of random numbers whose place is a tf.Variable: each draw moves it on, eagerly or captured. */
export interface RandomStream {
  /** int32 [2]: seed and number of draws so far; part of a program's state. */
  readonly state: Variable;
  /** Standard normal, of `shape`. */
  normal<T extends Tensor = Tensor>(shape: readonly number[]): T;
  /** Uniform in [0, 1), of `shape`. */
  uniform<T extends Tensor = Tensor>(shape: readonly number[]): T;
  /** 1 with the given probability, else 0; float32 of the probabilities' shape. */
  bernoulli<T extends Tensor>(probabilities: T): T;
  dispose(): void;
}

/**
 * A stream of random numbers; the same seed gives the same numbers, captured or not.
 *
 * @param seed an integer in [0, 2^31)
 * @param name of the tf.Variable that holds its state; must be unique
 */
export function randomStream(
  tf: TensorFlow,
  { seed, name }: { seed: number; name: string },
): RandomStream {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) {
    throw new GraphError(`Random stream "${name}": seed is ${seed}; give an integer in [0, 2^31).`);
  }
  const state = tf.tidy(() => tf.variable(tf.tensor1d([seed, 0], "int32"), false, name));

  const draw = (operator: typeof standardNormal, shape: readonly number[]): Tensor =>
    tf.tidy(() => {
      const drawn = operator(tf, shape, state as unknown as Tensor1D);
      state.assign(tf.add(state, tf.tensor1d([0, 1], "int32")));
      return drawn;
    });

  return {
    state,
    normal: <T extends Tensor>(shape: readonly number[]) => draw(standardNormal, shape) as T,
    uniform: <T extends Tensor>(shape: readonly number[]) => draw(standardUniform, shape) as T,
    bernoulli: <T extends Tensor>(probabilities: T) =>
      tf.tidy(() => {
        const drawn = draw(standardUniform, probabilities.shape);
        return tf.cast(tf.less(drawn, probabilities), "float32") as T;
      }),
    dispose: () => state.dispose(),
  };
}
