/** Nothing is left behind: by steps, by capturing, loading and disposing, by state going in and out. */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import { adam, gatherRows, Program, randomStream } from "@vaeport/train/graph";
import { expect, test } from "vitest";
import { nativeGraphs, nativeTensors, seeded, tf } from "./support.js";

const nightly = Boolean(process.env.VAEPORT_NIGHTLY);
const STEPS = nightly ? 20_000 : 2000;
const ROUNDS = nightly ? 200 : 20;

const w = tf.variable(seeded([16, 32], 1), true, "w");
const random = randomStream(tf, { seed: 1, name: "random" });
const x = tf.keep(seeded([8, 16], 2) as Tensor2D);

function makeStep(program: Program) {
  const loss = (a: Tensor2D) => {
    const hidden = tf.tanh(tf.matMul(a, w as Tensor2D));
    return { loss: tf.mean(tf.square(tf.sub(hidden, random.normal([8, 32])))) as Tensor, hidden };
  };
  return program.train("step", loss, [x], { variables: [w], optimizer: adam() });
}

const counts = () => ({ native: nativeTensors(), graphs: nativeGraphs(), ...tf.memory() });

function expectSameCounts(after: ReturnType<typeof counts>, before: ReturnType<typeof counts>) {
  expect(after.native).toBe(before.native);
  expect(after.graphs).toBe(before.graphs);
  expect(after.numTensors).toBe(before.numTensors);
  expect(after.numDataBuffers).toBe(before.numDataBuffers);
  expect(after.numBytes).toBe(before.numBytes);
}

const megabytes = () => process.memoryUsage().rss / 2 ** 20;

/** Does `work` a quarter of the times, then all of them, which must leave no tensor and hardly any memory. */
function expectFlat(times: number, work: () => void): void {
  const repeat = (count: number) => {
    for (let i = 0; i < count; i++) work();
  };
  repeat(times / 4);
  const before = counts();
  const start = megabytes();
  repeat(times);
  expectSameCounts(counts(), before);
  expect(megabytes() - start).toBeLessThan(64);
}

test(`${STEPS} steps`, { timeout: 600_000 }, () => {
  using program = new Program(tf);
  const step = makeStep(program);
  const values = x.dataSync() as Float32Array;
  expectFlat(STEPS, () => {
    tf.dispose(step(x));
    step.values(values);
  });
});

test(`${ROUNDS} rounds of capture, load, state, dispose`, { timeout: 600_000 }, () => {
  expectFlat(ROUNDS, () => {
    using program = new Program(tf);
    const step = makeStep(program);
    tf.dispose(step(x));
    const evaluate = program.capture("evaluate", (a: Tensor2D) => tf.sum(a), [x]);
    tf.dispose(evaluate(x));
    const state = program.state();
    program.restore(state);
    program.toVariables();
    program.fromVariables();
    tf.dispose(state);
    expect(() => program.capture("bad", (a: Tensor2D) => tf.mul(a, Math.random()), [x])).toThrow();
  });
});

test("a table is not copied, whether a variable of the session or lent to its calls", () => {
  using program = new Program(tf);
  const size = 64 * 2 ** 20; // bytes
  const table = tf.tidy(() => tf.add(tf.zeros([size / 4 / 256, 256]), 1)) as Tensor2D;
  const variable = tf.variable(table, false, "table");
  const rows = Int32Array.of(5, 0);
  const example = tf.tensor1d(rows, "int32");
  const before = megabytes();
  const pick = (from: Tensor, at: Tensor1D) => gatherRows(tf, from, at);
  const held = program.capture("held", (at: Tensor1D) => pick(variable, at), [example]);
  const lent = program.capture("lent", pick, [table, example]);
  expect(lent.repeat(2, { shared: [0] }).values(table, Int32Array.of(5, 0, 1, 2))).toHaveLength(
    1024,
  );
  expect(held.values(rows)).toEqual(lent.values(table, rows));
  expect(megabytes() - before).toBeLessThan(size / 2 ** 20 / 2);
  tf.dispose([table, variable, example]);
});
