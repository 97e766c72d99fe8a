/** State moves both ways bit for bit, and a program restored in a new process goes on as if never stopped. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-node";
import { adam, Program, StateError } from "@vaeport/train/graph";
import { afterEach, describe, expect, test } from "vitest";
import { bytes, expectSame, seeded, tf } from "./support.js";

afterEach(() => tf.disposeVariables());

/** A program with every kind of state: a weight, its slots, a counter, a mask, a rate. */
function make() {
  const w = tf.variable(seeded([3], 1), true, "w");
  const count = tf.variable(tf.scalar(0, "int32"), false, "count");
  const flag = tf.variable(tf.tensor1d([true, false]), false, "flag");
  const program = new Program(tf);
  const loss = () => {
    count.assign(tf.add(count, tf.scalar(1, "int32")));
    flag.assign(tf.logicalNot(flag));
    return tf.sum(tf.square(w)) as Tensor;
  };
  const step = program.train("step", loss, [], { variables: [w], optimizer: adam() });
  return { program, step, w, count, flag };
}

const NAMES = ["w", "count", "flag", "step/learning_rate", "step/step", "step/w/m", "step/w/v"];

describe("named tensors", () => {
  test("hold everything, and take it back bit for bit", () => {
    const { program, step } = make();
    for (let i = 0; i < 3; i++) step();
    const state = program.state();
    expect(Object.keys(state).sort()).toEqual([...NAMES].sort());
    const losses = [step.values()[0], step.values()[0]];
    program.restore(state);
    for (const [name, tensor] of Object.entries(program.state())) expectSame(tensor, state[name]!);
    expect([step.values()[0], step.values()[0]]).toEqual(losses);
    program.dispose();
  });

  test("keep odd bits: negative zero, subnormals, a NaN's payload", () => {
    const bits = Uint32Array.of(0x80000000, 1, 0x7fc12345, 0xff800000);
    const { program, w } = make();
    const odd = tf.tensor1d(new Float32Array(bits.buffer).subarray(0, 3));
    w.assign(odd as never);
    program.fromVariables();
    expect(bytes(program.state().w!)).toEqual(Buffer.from(bits.buffer, 0, 12));
    w.assign(tf.zeros([3]) as never);
    program.toVariables();
    expect(bytes(w)).toEqual(Buffer.from(bits.buffer, 0, 12));
    program.dispose();
  });

  test("are the caller's: they outlive steps and the program", () => {
    const { program, step } = make();
    step();
    const state = program.state();
    const before = bytes(state.w!).toString("hex");
    step();
    program.dispose();
    expect(bytes(state.w!).toString("hex")).toBe(before);
  });
});

test("a variable that is only read, such as a data set, is no part of the state", () => {
  const data = tf.variable(seeded([3], 9), false, "data");
  const { program, w } = make();
  const read = program.capture("read", () => tf.mul(w, data), []);
  const before = tf.mul(w, data);
  expectSame(read(), before);
  expect(Object.keys(program.state()).sort()).toEqual([...NAMES].sort());
  data.assign(tf.ones([3]) as never);
  program.toVariables();
  expectSame(data, tf.ones([3]));
  expectSame(read(), before);
  program.fromVariables();
  expectSame(read(), tf.clone(w));
  program.dispose();
});

describe("a state that does not fit is refused, and nothing changes", () => {
  test.each<[string, RegExp, (state: NamedTensorMap) => void]>([
    ["lacking", /lacks "step\/w\/m", float32 \[3\]/, (state) => delete state["step/w/m"]],
    [
      "too much",
      /holds "more", which the program does not know/,
      (state) => {
        state.more = tf.scalar(1);
      },
    ],
    [
      "another shape",
      /"w" as float32 \[4\]; the program has float32 \[3\]/,
      (state) => {
        state.w = tf.zeros([4]);
      },
    ],
    [
      "another type",
      /"count" as float32/,
      (state) => {
        state.count = tf.scalar(1);
      },
    ],
  ])("%s", (_, message, change) => {
    const { program, step } = make();
    step();
    const before = program.state();
    const state = { ...before };
    step();
    const now = program.state();
    change(state);
    expect(() => program.restore(state)).toThrow(StateError);
    expect(() => program.restore(state)).toThrow(message);
    for (const [name, tensor] of Object.entries(program.state())) expectSame(tensor, now[name]!);
    program.dispose();
  });

  test("one name for two things", () => {
    const { program } = make();
    const other = tf.variable(tf.scalar(1), true, "late/step");
    const loss = () => tf.square(other) as Tensor;
    const options = { variables: [other], optimizer: adam() };
    expect(() => program.train("late", loss, [], options)).toThrow(/"late\/step".*another name/);
    program.dispose();
  });
});

test("functions captured later find the session's values, and their state starts fresh", () => {
  const { program, step, w } = make();
  step();
  const moved = bytes(program.state().w!);
  const again = program.train("again", () => tf.sum(w) as Tensor, [], {
    variables: [w],
    optimizer: adam(),
  });
  program.load();
  const state = program.state();
  expect(bytes(state.w!)).toEqual(moved);
  expect(state["again/step"]!.dataSync()[0]).toBe(0);
  again();
  expect(program.state()["step/step"]!.dataSync()[0]).toBe(1);
  program.dispose();
});

test("restored in a new process, it goes on bit for bit", () => {
  const script = fileURLToPath(new URL("./resume.mjs", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "state-"));
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [script, ...args], { encoding: "utf8" })
      .trim()
      .split("\n");
  try {
    const whole = run("8");
    const first = run("4", "--save", folder);
    const second = run("4", "--load", folder);
    expect([...first, ...second]).toEqual(whole);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
