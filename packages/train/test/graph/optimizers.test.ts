/** Optimizers equal PyTorch's, step by step over 30 steps on a smooth net (golden/make-optimizers.py). */
import { readFileSync } from "node:fs";
import type {
  Optimizer,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Variable,
} from "@tensorflow/tfjs-node";
import { adam, adamW, type FusedOptimizer, Program, sgd } from "@vaeport/train/graph";
import { afterEach, describe, expect, test } from "vitest";
import { expectSame, largestDifference, seeded, tf } from "./support.js";

interface Golden {
  problem: { x: number[]; y: number[]; initial: Record<string, number[]> };
  results: Record<string, { losses: number[]; final: Record<string, number[]> }>;
}
const golden = JSON.parse(
  readFileSync(new URL("./golden/optimizers.json", import.meta.url), "utf8"),
) as Golden;

const SHAPES: Record<string, number[]> = { w1: [5, 8], b1: [8], w2: [8, 3], b2: [3] };
const x = tf.keep(tf.tensor2d(golden.problem.x, [16, 5]));
const y = tf.keep(tf.tensor2d(golden.problem.y, [16, 3]));

function variables(): Record<string, Variable> {
  const entries = Object.entries(golden.problem.initial).map(([name, values]) => {
    return [name, tf.variable(tf.tensor(values, SHAPES[name]!), true, name)] as const;
  });
  return Object.fromEntries(entries);
}

const lossOf = (v: Record<string, Variable>) => (input: Tensor2D, target: Tensor2D) => {
  const hidden = tf.tanh(tf.add(tf.matMul(input, v.w1 as Tensor2D), v.b1 as Tensor1D));
  const output = tf.add(tf.matMul(hidden, v.w2 as Tensor2D), v.b2 as Tensor1D);
  return tf.mean(tf.squaredDifference(output, target)) as Tensor;
};

afterEach(() => tf.disposeVariables());

const OPTIMIZERS: Record<string, () => FusedOptimizer | Optimizer> = {
  adam: () => adam({ learningRate: 0.01 }),
  "adam with other coefficients": () =>
    adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
  adamW: () => adamW({ learningRate: 0.01, weightDecay: 0.1 }),
  sgd: () => sgd({ learningRate: 0.1 }),
  "sgd with momentum": () => sgd({ learningRate: 0.05, momentum: 0.9 }),
  "sgd with nesterov momentum": () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  adagrad: () => tf.train.adagrad(0.1, 0.1),
};

describe("equal to PyTorch", () => {
  test.each(Object.entries(OPTIMIZERS))("%s", (name, optimizer) => {
    const v = variables();
    using program = new Program(tf);
    const options = { variables: Object.values(v), optimizer: optimizer() };
    const step = program.train("step", lossOf(v), [x, y], options);
    const { losses, final } = golden.results[name]!;
    for (const expected of losses) {
      expect(Math.abs(step.values(x, y)[0]! / expected - 1)).toBeLessThan(2e-6);
    }
    program.toVariables();
    for (const [key, values] of Object.entries(final)) {
      expect(largestDifference(v[key]!, tf.tensor(values, SHAPES[key]!))).toBeLessThan(3e-6);
    }
  });
});

describe("tf.js optimizers, captured, equal to themselves", () => {
  test.each<[string, () => Optimizer]>([
    ["sgd", () => tf.train.sgd(0.05)],
    ["momentum", () => tf.train.momentum(0.05, 0.9)],
    ["adagrad", () => tf.train.adagrad(0.05)],
    ["adadelta", () => tf.train.adadelta(0.05)],
    ["adam", () => tf.train.adam(0.02)],
    ["adamax", () => tf.train.adamax(0.02)],
    ["rmsprop", () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true)],
  ])("%s", (_, make) => {
    const run = (step: (v: Record<string, Variable>) => () => number) => {
      const v = variables();
      const next = step(v);
      const losses = Array.from({ length: 5 }, next);
      tf.disposeVariables();
      return losses;
    };
    const eager = run((v) => {
      const optimizer = make();
      const loss = () => lossOf(v)(x, y).asScalar();
      return () => optimizer.minimize(loss, true, Object.values(v))!.dataSync()[0]!;
    });
    const captured = run((v) => {
      const program = new Program(tf);
      const options = { variables: Object.values(v), optimizer: make() };
      const step = program.train("step", lossOf(v), [x, y], options);
      return () => step.values(x, y)[0]!;
    });
    for (const [index, loss] of eager.entries()) {
      expect(Math.abs(captured[index]! / loss - 1)).toBeLessThan(1e-5);
    }
  });
});

describe("learning rate", () => {
  const moved = (rate: number | Variable, change: (step: { learningRate: number }) => void) => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, "w");
    const program = new Program(tf);
    const loss = () => tf.sum(w) as Tensor;
    const optimizer = sgd({ learningRate: rate });
    const step = program.train("step", loss, [], { variables: [w], optimizer });
    step();
    change(step);
    step();
    program.toVariables();
    const value = w.dataSync()[0]!;
    program.dispose();
    return value;
  };

  test("a number is a variable of the program", () => {
    const value = moved(0.5, (step) => {
      expect(step.learningRate).toBe(0.5);
      step.learningRate = 0.25;
      expect(step.learningRate).toBe(0.25);
    });
    expect(value).toBe(1 - 0.5 - 0.25);
  });

  test("a tf.Variable is read by the graph", () => {
    const rate = tf.variable(tf.scalar(0.5), false, "rate");
    const value = moved(rate, (step) => {
      step.learningRate = 0.125;
    });
    expect(value).toBe(1 - 0.5 - 0.125);
  });

  test("a schedule inside the function decides the step's rate", () => {
    const rate = tf.variable(tf.scalar(1), false, "rate");
    const w = tf.variable(tf.scalar(8), true, "w");
    using program = new Program(tf);
    const loss = () => {
      rate.assign(tf.mul(rate, 0.5));
      return tf.mul(w, 2);
    };
    const options = { variables: [w], optimizer: sgd({ learningRate: rate }) };
    const step = program.train("step", loss, [], options);
    step();
    step();
    program.toVariables();
    expect(w.dataSync()[0]).toBe(8 - 2 * 0.5 - 2 * 0.25);
    expect(rate.dataSync()[0]).toBe(0.25);
  });

  test("is finite", () => {
    const infinite = (step: { learningRate: number }) => {
      step.learningRate = Number.POSITIVE_INFINITY;
    };
    expect(() => moved(0.5, infinite)).toThrow(/cannot be set to Infinity/);
  });
});

test("an average of the weights, kept by the loss function, equals that of an eager loop", () => {
  const make = (name: string) => {
    const w = tf.variable(seeded([4], 1), true, name);
    const average = tf.variable(tf.zeros([4]), false, `${name}/average`);
    const loss = () => {
      average.assign(tf.add(tf.mul(average, 0.9), tf.mul(w, 0.1)));
      return tf.sum(tf.square(w)) as Scalar;
    };
    return { w, average, loss };
  };
  const eager = make("eager");
  const traced = make("traced");
  using program = new Program(tf);
  const options = { variables: [traced.w], optimizer: sgd({ learningRate: 0.1 }) };
  const step = program.train("step", traced.loss, [], options);
  const optimizer = tf.train.sgd(0.1);
  for (let i = 0; i < 5; i++) {
    optimizer.minimize(eager.loss, false, [eager.w]);
    step();
  }
  program.toVariables();
  expect(largestDifference(traced.w, eager.w)).toBeLessThan(1e-6);
  expect(largestDifference(traced.average, eager.average)).toBeLessThan(1e-6);
});

test("transformed gradients: clipping by global norm", () => {
  const w = tf.variable(seeded([4], 1), true, "w");
  const before = tf.clone(w);
  using program = new Program(tf);
  const step = program.train("step", () => tf.sum(tf.mul(w, 30)) as Tensor, [], {
    variables: [w],
    optimizer: sgd({ learningRate: 1 }),
    transformGradients: (gradients) => {
      const norm = tf.norm(gradients.w!);
      return { w: tf.div(gradients.w!, tf.maximum(norm, 1)) };
    },
  });
  step();
  program.toVariables();
  expectSame(w, tf.sub(before, tf.fill([4], 0.5)));
});
