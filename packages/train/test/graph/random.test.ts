/** Counter-based random numbers: the same eagerly and captured, distributed as they should be, resumable. */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import {
  dropout,
  dropoutLayer,
  gatherRows,
  gaussianNoiseLayer,
  Program,
  randomStream,
  standardNormal,
  standardUniform,
} from "@vaeport/train/graph";
import { afterEach, describe, expect, test } from "vitest";
import { expectSame, largestDifference, seeded, tf } from "./support.js";

afterEach(() => tf.disposeVariables());

const SIZE = 200_000;
const mean = (t: Tensor) => tf.mean(t).dataSync()[0]!;

/** Five standard errors of a mean of SIZE draws. */
const bound = (deviation: number) => (5 * deviation) / Math.sqrt(SIZE);

describe("streams", () => {
  test("draw the same captured and eager, and the counters agree", () => {
    const draws = (name: string) => {
      const random = randomStream(tf, { seed: 11, name });
      const f = () => [
        random.normal([3, 2]),
        random.uniform([4]),
        random.bernoulli(tf.fill([8], 0.5)),
      ];
      return { random, f };
    };
    const eager = draws("eager");
    const traced = draws("traced");
    using program = new Program(tf);
    const captured = program.capture("draw", traced.f, []);
    for (let call = 0; call < 3; call++) {
      const actual = captured();
      for (const [i, expected] of eager.f().entries()) expectSame(actual[i]!, expected);
    }
    program.toVariables();
    expectSame(traced.random.state, eager.random.state);
    expect([...eager.random.state.dataSync()]).toEqual([11, 9]);
  });

  test("another seed or counter gives other numbers; the same state the same", () => {
    const at = (...state: number[]) => standardNormal(tf, [64], tf.tensor1d(state, "int32"));
    expectSame(at(1, 2), at(1, 2));
    for (const other of [at(1, 3), at(2, 2), at(2, 1)]) {
      expect(largestDifference(other, at(1, 2))).toBeGreaterThan(0.1);
    }
  });

  test("moments and correlation of the draws", () => {
    const state = (counter: number) => tf.tensor1d([3, counter], "int32");
    const normal = standardNormal(tf, [SIZE], state(0));
    expect(Math.abs(mean(normal))).toBeLessThan(bound(1));
    expect(Math.abs(mean(tf.square(normal)) - 1)).toBeLessThan(bound(Math.SQRT2));
    expect(Math.abs(mean(tf.pow(normal, 4)) - 3)).toBeLessThan(bound(Math.sqrt(96)));
    const next = standardNormal(tf, [SIZE], state(1));
    expect(Math.abs(mean(tf.mul(normal, next)))).toBeLessThan(bound(1));
    const uniform = standardUniform(tf, [SIZE], state(2));
    expect(tf.min(uniform).dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(tf.max(uniform).dataSync()[0]).toBeLessThan(1);
    expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(bound(Math.sqrt(1 / 12)));
    const random = randomStream(tf, { seed: 1, name: "coins" });
    const coins = random.bernoulli(tf.fill([SIZE], 0.3));
    expect(Math.abs(mean(coins) - 0.3)).toBeLessThan(bound(Math.sqrt(0.21)));
    const sure = random.bernoulli(tf.tensor1d([0, 1]));
    expect([...sure.dataSync()]).toEqual([0, 1]);
  });
});

describe("dropout and noise", () => {
  test("keep the mean; the gradient passes through what is kept", () => {
    const random = randomStream(tf, { seed: 2, name: "r" });
    const x = tf.ones([SIZE]);
    const kept = tf.grad((a) => tf.sum(dropout(tf, a, 0.25, random)))(x);
    expect(Math.abs(mean(kept) - 1)).toBeLessThan(bound(Math.sqrt(1 / 3)));
    const values = new Set(kept.dataSync());
    expect([...values].sort()).toEqual([0, Math.fround(1 / 0.75)]);
    expectSame(dropout(tf, x, 0, random), x);
  });

  test("layers act in training alone", () => {
    const x = seeded([4, 3], 1);
    for (const layer of [
      dropoutLayer(tf, { rate: 0.5, seed: 1, name: "d" }),
      gaussianNoiseLayer(tf, { deviation: 0.5, seed: 1, name: "g" }),
    ]) {
      expectSame(layer.apply(x) as Tensor, x);
      expectSame(layer.apply(x, { training: false }) as Tensor, x);
      expect(largestDifference(layer.apply(x, { training: true }) as Tensor, x)).toBeGreaterThan(
        0.1,
      );
    }
  });

  test("what is out of range is refused", () => {
    expect(() => dropoutLayer(tf, { rate: 1, seed: 1, name: "d" })).toThrow(/d: rate is 1/);
    expect(() => gaussianNoiseLayer(tf, { deviation: -1, seed: 1, name: "g" })).toThrow(
      /deviation is -1/,
    );
    const random = randomStream(tf, { seed: 1, name: "r" });
    expect(() => dropout(tf, tf.ones([2]), -0.1, random)).toThrow(/rate is -0.1/);
  });
});

describe("rows of a table", () => {
  const table = tf.keep(seeded([5, 2, 3], 4));
  const rows = tf.keep(tf.tensor1d([4, 0, 4], "int32"));

  test("are those of tf.gather, and so is the gradient", () => {
    expectSame(gatherRows(tf, table, rows), tf.gather(table, rows));
    const weight = seeded([3, 2, 3], 5);
    const gradient = (gather: (a: Tensor) => Tensor) =>
      tf.grad((a) => tf.sum(tf.mul(gather(a), weight)))(table);
    const expected = gradient((a) => tf.gather(a, rows));
    expect(
      largestDifference(
        gradient((a) => gatherRows(tf, a, rows)),
        expected,
      ),
    ).toBeLessThan(1e-6);
  });

  test("by indices that are made within the function that is differentiated, twice too", () => {
    const made = (a: Tensor) => gatherRows(tf, a, tf.cast(tf.add(rows, 0), "int32"));
    const f = (a: Tensor) => tf.sum(tf.pow(made(a), 3));
    const given = (a: Tensor) => tf.sum(tf.pow(gatherRows(tf, a, rows), 3));
    expectSame(tf.grad(f)(table), tf.grad(given)(table));
    const twice = (g: (a: Tensor) => Tensor) => tf.grad((a) => tf.sum(tf.grad(g)(a)))(table);
    expectSame(twice(f), twice(given));
  });

  test("second derivatives are right", () => {
    const f = (a: Tensor) => tf.sum(tf.pow(gatherRows(tf, a, rows), 3));
    const curvature = tf.grad((a) => tf.sum(tf.grad(f)(a)))(table);
    const counts = tf.reshape(tf.tensor1d([1, 0, 0, 0, 2]), [5, 1, 1]);
    expect(largestDifference(curvature, tf.mul(tf.mul(table, 6), counts))).toBeLessThan(1e-6);
  });

  test("by indices that are an input of the graph; an embedding learns", () => {
    using program = new Program(tf);
    const pick = program.capture("pick", (i: Tensor1D) => gatherRows(tf, table, i), [rows]);
    expectSame(pick(Int32Array.of(1, 2, 3)), tf.slice(table, [1, 0, 0], [3, 2, 3]));
    const embedding = tf.variable(tf.ones([4, 2]) as Tensor2D, true, "embedding");
    const loss = (i: Tensor1D) => tf.sum(gatherRows(tf, embedding as Tensor, i)) as Tensor;
    const options = { variables: [embedding], optimizer: tf.train.sgd(1) };
    const example = tf.tensor1d([0, 1, 2], "int32");
    program.train("learn", loss, [example], options)(Int32Array.of(2, 2, 0));
    program.toVariables();
    expect([...embedding.dataSync()]).toEqual([0, 0, 1, 1, -1, -1, 1, 1]);
  });
});
