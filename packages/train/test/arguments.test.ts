/** Callers without types: what they forget or mistake is told in this package's own errors. */
import {
  ConfigError,
  evaluateRun,
  OptionError,
  planTraining,
  resume,
  type TrainConfig,
  train,
} from "@vaeport/train";
import { adam, GraphError, Program, StateError, sgd } from "@vaeport/train/graph";
import { describe, expect, test } from "vitest";
import { smallConfig, tf } from "./support.js";

/** A value where its type does not allow it. */
const wrong = (value?: unknown) => value as never;

describe("the trainer", () => {
  const config: TrainConfig = smallConfig();
  test.each<[string, () => Promise<unknown>, typeof OptionError | typeof ConfigError, RegExp]>([
    [
      "train without options",
      () => train(config, wrong()),
      OptionError,
      /options: got undefined\. Give/,
    ],
    [
      "train without a folder",
      () => train(config, wrong({})),
      OptionError,
      /out: got undefined\. Give/,
    ],
    ["train of nothing", () => train(wrong(null), { out: "r" }), ConfigError, /object, got null/],
    ["train of half a config", () => train(wrong({}), { out: "r" }), ConfigError, /name: required/],
    ["a plan of nothing", () => planTraining(wrong()), ConfigError, /required \(expected object/],
    [
      "resume of nothing",
      () => resume(wrong()),
      OptionError,
      /resume: got undefined\. Give the path/,
    ],
    [
      "an evaluation of a number",
      () => evaluateRun(wrong(3)),
      OptionError,
      /evaluateRun: got 3\. Give/,
    ],
  ])("%s", async (_, call, type, message) => {
    await expect(call()).rejects.toThrow(type);
    await expect(call()).rejects.toThrow(message);
  });
});

describe("a program", () => {
  const x = tf.keep(tf.ones([2]));
  const w = tf.variable(tf.zeros([2]));
  const loss = (a: typeof x) => tf.sum(tf.mul(a, w));
  const program = () => new Program(tf);
  const step = (options: unknown) => program().train("s", loss, [x], wrong(options));
  test.each<[string, () => unknown, RegExp]>([
    ["of nothing", () => new Program(wrong()), /tf: got undefined\. Give tf\.js/],
    ["without a name", () => program().capture(wrong(), loss, [x]), /name .*got undefined/],
    [
      "without a function",
      () => program().capture("f", wrong(), [x]),
      /"f": got undefined\. Give a f/,
    ],
    [
      "without examples",
      () => program().capture("f", loss, wrong()),
      /"f", examples: got undefined/,
    ],
    [
      "on a number",
      () => program().capture("f", loss, wrong([3])),
      /"f", examples: got \[ 3 \]\. Give/,
    ],
    ["trained without options", () => step(undefined), /"s", options: got undefined\. Give \{ var/],
    ["trained without optimizer", () => step({ variables: [w] }), /"s", options: got \{ variables/],
    [
      "trained without variables",
      () => step({ optimizer: sgd() }),
      /"s", variables: got undefined/,
    ],
    [
      "with a rate of text",
      () => adam({ learningRate: wrong("1") }),
      /adam: learningRate is '1'; give/,
    ],
    ["with a decay of text", () => adam({ beta1: wrong("0.5") }), /adam: beta1 is '0\.5'; give/],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(GraphError);
    expect(call).toThrow(message);
  });

  test("restored from nothing", () => {
    expect(() => program().restore(wrong(null))).toThrow(StateError);
    expect(() => program().restore(wrong(null))).toThrow(/restore: got null\. Give what state\(\)/);
  });
});
