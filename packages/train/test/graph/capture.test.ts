/** Captured functions give what the eager ones give, on other inputs, in every form of input and output. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import { gatherRows, NativeGraphError, Program, sgd } from "@vaeport/train/graph";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectSame, seeded, tf } from "./support.js";

let program: Program;
beforeEach(() => {
  tf.engine().startScope();
  program = new Program(tf);
});
afterEach(() => {
  program.dispose();
  tf.disposeVariables();
  tf.engine().endScope();
});

const x = tf.keep(seeded([4, 3], 1) as Tensor2D);
const other = tf.keep(seeded([4, 3], 2) as Tensor2D);

describe("outputs", () => {
  test("a tensor, a list and a record keep their form", () => {
    const one = program.capture("one", (a: Tensor2D) => tf.exp(a), [x]);
    const list = program.capture("list", (a: Tensor2D) => [tf.neg(a), tf.sum(a)], [x]);
    const record = program.capture("record", (a: Tensor2D) => ({ y: tf.square(a) }), [x]);
    expectSame(one(other), tf.exp(other));
    const [negative, sum] = list(other);
    expectSame(negative!, tf.neg(other));
    expectSame(sum!, tf.sum(other));
    expectSame(record(other).y, tf.square(other));
  });

  test("values come without a tensor", () => {
    const record = program.capture("f", (a: Tensor2D) => ({ y: tf.neg(a), z: tf.less(a, 0) }), [x]);
    const before = tf.memory().numTensors;
    const { y, z } = record.values(other);
    expect(tf.memory().numTensors).toBe(before);
    expect(y).toEqual(tf.neg(other).dataSync());
    expect(z).toEqual(tf.less(other, 0).dataSync());
  });

  test("an input, a variable or a constant may be an output", () => {
    const w = tf.variable(tf.scalar(5), true, "w");
    const f = program.capture("f", (a: Tensor2D) => [a, w, tf.scalar(3), tf.clone(w)], [x]);
    const [same, variable, constant, copy] = f(other);
    expectSame(same!, other);
    expect([variable, constant, copy].map((t) => t!.dataSync()[0])).toEqual([5, 3, 5]);
  });

  test("no output at all: the updates run", () => {
    const count = tf.variable(tf.scalar(0, "int32"), false, "count");
    const one = tf.scalar(1, "int32");
    const tick = program.capture("tick", () => {
      count.assign(tf.add(count, one));
      return {};
    }, []);
    tick();
    expect(tick()).toEqual({});
    program.toVariables();
    expect(count.dataSync()[0]).toBe(2);
  });
});

describe("inputs", () => {
  test("plain values of the captured shape and type", () => {
    const f = program.capture(
      "f",
      (a: Tensor2D, i: Tensor1D, m: Tensor1D) => [tf.add(a, 1), tf.add(i, 1), tf.logicalNot(m)],
      [x, tf.tensor1d([1, 2], "int32"), tf.tensor1d([true, false])],
    );
    const [a, i, m] = f(other.dataSync() as Float32Array, Int32Array.of(7, 8), Uint8Array.of(0, 1));
    expectSame(a!, tf.add(other, 1));
    expect([...i!.dataSync()]).toEqual([8, 9]);
    expect([...m!.dataSync()]).toEqual([1, 0]);
  });

  test("one tensor given twice is two inputs; a variable can be an input", () => {
    const w = tf.variable(tf.ones([4, 3]), true, "w");
    const difference = (a: Tensor, b: Tensor) => tf.sub(a, tf.mul(b, 2));
    const f = program.capture("f", difference, [x, x]);
    const g = program.capture("g", (a: Tensor) => tf.add(a, w), [w as Tensor]);
    expectSame(f(other, x), difference(other, x));
    expectSame(g(other), tf.add(other, 1));
  });

  test("with variableBatch, other lengths of the first axis are captured at their first call", () => {
    const w = tf.variable(tf.scalar(0), false, "sum");
    const f = program.capture(
      "f",
      (a: Tensor2D) => {
        w.assign(tf.add(w, tf.sum(a)));
        return tf.mean(a, 0);
      },
      [x],
      { variableBatch: true },
    );
    const last = tf.ones([2, 3]) as Tensor2D;
    f(tf.ones([4, 3]));
    expectSame(f(last), tf.ones([3]));
    expectSame(f(Float32Array.of(1, 2, 3)), tf.tensor1d([1, 2, 3]));
    f(tf.ones([4, 3]));
    program.toVariables();
    expect(w.dataSync()[0]).toBe(12 + 6 + 6 + 12);
  });
});

describe("variables", () => {
  test("assigned twice and read between, swapped, cloned before: as eager", () => {
    const a = tf.variable(tf.tensor1d([1, 2]), false, "a");
    const b = tf.variable(tf.tensor1d([5, 7]), false, "b");
    const constant = tf.clone(a);
    const f = () => {
      a.assign(tf.mul(a, 2));
      const middle = tf.sum(a);
      a.assign(tf.add(a, constant));
      const [left, right] = [tf.clone(a), tf.clone(b)];
      a.assign(right as Tensor1D);
      b.assign(left as Tensor1D);
      return { middle, left, right };
    };
    const captured = program.capture("f", f, []);
    const results = [captured(), captured(), captured()];
    for (const actual of results) {
      const expected = f();
      expectSame(actual.middle, expected.middle);
      expectSame(actual.left, expected.left);
      expectSame(actual.right, expected.right);
    }
    const [eagerA, eagerB] = [tf.clone(a), tf.clone(b)];
    program.toVariables();
    expectSame(a, eagerA);
    expectSame(b, eagerB);
  });

  test("capturing leaves every variable as it is, and shared data apart", () => {
    const zero = tf.zeros([2]);
    const a = tf.variable(zero, false, "a");
    const b = tf.variable(zero, false, "b");
    const f = program.capture("f", () => {
      a.assign(tf.add(a, 1));
      b.assign(tf.add(b, 2));
      return tf.sub(a, b);
    }, []);
    expectSame(a, zero);
    expectSame(b, zero);
    expectSame(f(), tf.tensor1d([-1, -1]));
  });

  test("two functions share them; one captured later finds the session's values", () => {
    const w = tf.variable(tf.scalar(1), false, "w");
    const double = program.capture("double", () => {
      w.assign(tf.mul(w, 2));
      return {};
    }, []);
    double();
    double();
    const read = program.capture("read", () => tf.clone(w), []);
    expect(read.values()[0]).toBe(4);
    expect(w.dataSync()[0]).toBe(1);
    w.assign(tf.scalar(10));
    program.fromVariables();
    double();
    expect(read.values()[0]).toBe(20);
  });
});

test("a value cached by the function's first run is a constant", () => {
  let cached: Scalar | undefined;
  const f = program.capture(
    "f",
    (a: Tensor2D) => {
      cached ??= tf.keep(tf.scalar(2));
      return tf.mul(a, cached);
    },
    [x],
  );
  expectSame(f(other), tf.mul(other, 2));
  cached!.dispose();
});

describe("repeat", () => {
  test("several steps in a call are the single steps one after another", () => {
    const make = (name: string) => {
      const w = tf.variable(seeded([3], 5), true, name);
      const loss = (a: Tensor2D) => ({
        loss: tf.mean(tf.square(tf.sub(tf.dot(a, w as Tensor1D), 1))) as Scalar,
      });
      const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
      return program.train(name, loss, [x], { variables: [w], optimizer });
    };
    const single = make("single");
    const many = make("many").repeat(5);
    const batches = Array.from({ length: 5 }, (_, i) => seeded([4, 3], i) as Tensor2D);
    const losses = batches.map((batch) => single.values(batch).loss[0]);
    expect([...many.values(tf.stack(batches)).loss]).toEqual(losses);
    const state = program.state();
    expectSame(state.many!, state.single!);
    expectSame(state["many/many/velocity"]!, state["single/single/velocity"]!);
  });

  test("steps may share an input, which is not copied", () => {
    const pick = (table: Tensor2D, row: Tensor1D) => tf.mul(gatherRows(tf, table, row), 2);
    const f = program.capture("share", pick, [x, tf.tensor1d([0], "int32")]);
    const three = f.repeat(3, { shared: [0] });
    const rows = Int32Array.of(2, 0, 3);
    const singles = Array.from(rows, (row) => f.values(x, Int32Array.of(row)));
    expect([...three.values(x, rows)]).toEqual(singles.flatMap((values) => [...values]));
    expect(() => three.values(tf.stack([x, x, x]), rows)).toThrow(
      /input 0: captured for .*\[4,3\]/,
    );
  });
});

test("any name will do", () => {
  const f = program.capture("_größer/als 0?", (a: Tensor2D) => tf.relu(a), [x]);
  expectSame(f(other), tf.relu(other));
});

test("a function without inputs is repeated too", () => {
  const count = tf.variable(tf.scalar(0), false, "count");
  const tick = () => {
    count.assign(tf.add(count, 1));
    return tf.clone(count);
  };
  const three = program.capture("tick", tick, []).repeat(3);
  expect([...three.values(), ...three.values()]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a failing operator is a typed error, and nothing is updated", async () => {
  const count = tf.variable(tf.scalar(0), false, "count");
  const f = program.capture(
    "pick",
    (rows: Tensor1D) => {
      count.assign(tf.add(count, 1));
      return gatherRows(tf, x, rows);
    },
    [tf.tensor1d([0, 1], "int32")],
  );
  f(Int32Array.of(3, 2));
  expect(() => f(Int32Array.of(3, 4))).toThrow(NativeGraphError);
  expect(() => f(Int32Array.of(3, 4))).toThrow(/"pick" failed.*not in \[0, 4\)/);
  program.toVariables();
  expect(count.dataSync()[0]).toBe(1);
});
