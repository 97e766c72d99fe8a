/** Random small graphs of operators: captured outputs, gradients and updates equal eager ones. */
import type { Tensor, Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import fc from "fast-check";
import { expect, test } from "vitest";
import { largestDifference, nativeTensors, seeded, tf } from "./support.js";

/** Every value is [3, 4]; an operator takes any two earlier ones. */
const SHAPE = [3, 4];
type Operator = (a: Tensor, b: Tensor) => Tensor;
const last = (b: Tensor) => tf.slice(b, [2, 0], [1, 4]);
const OPERATORS: Record<string, Operator> = {
  add: (a, b) => tf.add(a, b),
  addRow: (a, b) => tf.add(a, tf.reshape(last(b), [4])),
  addScalar: (a, b) => tf.add(a, tf.mean(b)),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, tf.tanh(b)),
  div: (a, b) => tf.div(a, tf.add(1, tf.square(b))),
  matMul: (a, b) => tf.mul(tf.matMul(tf.matMul(a, b, false, true), tf.tanh(a)), 0.2),
  relu: (a) => tf.relu(a),
  leakyRelu: (a) => tf.leakyRelu(a, 0.3),
  elu: (a) => tf.elu(a),
  selu: (a) => tf.selu(a),
  sigmoid: (a) => tf.sigmoid(a),
  softplus: (a) => tf.softplus(a),
  tanh: (a) => tf.tanh(a),
  softmax: (a) => tf.softmax(a),
  sumRows: (a, b) => tf.mul(a, tf.tanh(tf.sum(b, 1, true))),
  meanColumns: (a, b) => tf.sub(a, tf.mean(b, 0)),
  tile: (a, b) => tf.add(tf.tile(last(a), [3, 1]), b),
  concat: (a, b) => tf.slice(tf.concat([a, b], 0), [2, 0], SHAPE),
  transpose: (a) => tf.reshape(tf.transpose(a), SHAPE),
  normalise: (a, b) => {
    const { mean, variance } = tf.moments(a, 0);
    const offset = tf.reshape(last(b), [4]) as Tensor1D;
    return tf.batchNorm(a, mean as Tensor1D, variance as Tensor1D, offset, tf.tanh(offset), 0.1);
  },
};
const NAMES = Object.keys(OPERATORS);

const step = fc.record({
  operator: fc.constantFrom(...NAMES),
  a: fc.nat(),
  b: fc.nat(),
});

/** A function of one input and two variables; it also assigns the second. */
function build(steps: { operator: string; a: number; b: number }[], w: Variable, state: Variable) {
  return (x: Tensor) => {
    const loss = (a: Tensor, weight: Tensor) => {
      const values: Tensor[] = [a, weight, tf.clone(state)];
      for (const { operator, a: i, b: j } of steps) {
        values.push(OPERATORS[operator]!(values[i % values.length]!, values[j % values.length]!));
      }
      const ends = values.reduce((sum, value) => tf.add(sum, value));
      state.assign(tf.tanh(tf.add(state, tf.mul(ends, 0.1))));
      return tf.mean(tf.square(tf.sub(ends, 0.5))).asScalar();
    };
    const { value, grads } = tf.valueAndGrads(loss)([x, w]);
    return [value as Tensor, ...grads, tf.clone(state)];
  };
}

test("captured equals eager", () => {
  const w = tf.variable(seeded(SHAPE, 1), true, "w");
  const state = tf.variable(seeded(SHAPE, 2), false, "state");
  const initial = tf.clone(state);
  const x = seeded(SHAPE, 3) as Tensor2D;
  tf.dispose([w, state, x].map((tensor) => tf.neg(tensor))); // tf.js writes a tensor at its first use
  const before = nativeTensors();
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      tf.tidy(() => {
        const f = build(steps, w, state);
        const program = new Program(tf);
        try {
          const captured = program.capture("f", f, [tf.zeros(SHAPE)]);
          for (let call = 0; call < 2; call++) {
            const actual = captured(x);
            for (const [i, expected] of f(x).entries()) {
              expect(largestDifference(actual[i]!, expected)).toBeLessThan(2e-5);
            }
          }
        } finally {
          program.dispose();
          state.assign(initial);
        }
      });
      expect(nativeTensors()).toBe(before);
    }),
    { numRuns: process.env.VAEPORT_NIGHTLY ? 1000 : 40, seed: 20261122 },
  );
});
