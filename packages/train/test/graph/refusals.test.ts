/** What cannot be captured is refused with a reason and a remedy, and everything is afterwards as before. */
import { setImmediate } from "node:timers/promises";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-node";
import {
  adam,
  CaptureError,
  DisposedError,
  InputError,
  Program,
  randomStream,
  StateError,
  sgd,
} from "@vaeport/train/graph";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seeded, tf, variableBytes } from "./support.js";

const x = tf.keep(seeded([8, 4], 1) as Tensor2D);
const binding = () => (tf.backend() as unknown as { binding: object }).binding;

/** What a capture may touch. */
function surroundings() {
  const engine = tf.engine() as unknown as Record<string, unknown>;
  return {
    binding: binding(),
    gradients: ["Relu", "Add", "Sum", "Tanh"].map((name) => tf.getGradient(name)),
    engine: ["startScope", "endScope", "makeVariable", "disposeVariable"].map((k) => engine[k]),
    globals: [Math.random, Date, performance.now, process.hrtime, crypto.getRandomValues],
    tensors: tf.memory().numTensors,
  };
}

let program: Program;
let w: ReturnType<typeof tf.variable>;
beforeEach(() => {
  tf.engine().startScope();
  w = tf.variable(seeded([4, 4], 2), true, "w");
  program = new Program(tf);
});
afterEach(() => {
  program.dispose();
  tf.disposeVariables();
  tf.engine().endScope();
});

/** Captures `f`, which also assigns a variable, and expects an error that leaves no trace. */
function expectRefused(f: (x: Tensor2D) => unknown, message: RegExp): void {
  const before = surroundings();
  const variables = variableBytes();
  const capture = () =>
    program.capture(
      "f",
      ((a: Tensor2D) => {
        w.assign(tf.mul(w, 3));
        return f(a);
      }) as (a: Tensor2D) => Tensor,
      [x],
    );
  expect(capture).toThrow(CaptureError);
  expect(capture).toThrow(message);
  expect(surroundings()).toEqual(before);
  expect(variableBytes()).toEqual(variables);
}

test("a capture that succeeds leaves no trace either", () => {
  const before = surroundings();
  const variables = variableBytes();
  const loss = (a: Tensor2D) => tf.sum(tf.tanh(tf.matMul(a, w as Tensor2D))) as Tensor;
  program.train("step", loss, [x], { variables: [w], optimizer: adam() });
  expect(surroundings()).toEqual(before);
  expect(variableBytes()).toEqual(variables);
});

describe("random numbers, clocks and counters of JavaScript", () => {
  const image = () => tf.reshape(x, [1, 8, 4, 1]);
  test.each<[string, RegExp, () => Tensor]>([
    ["tf.randomNormal", /tf\.randomNormal draws.*randomStream/, () => tf.randomNormal([8, 4])],
    ["tf.randomNormal, seeded", /tf\.randomNormal/, () => tf.randomNormal([2], 0, 1, "float32", 5)],
    [
      "tf.randomUniform, seeded, large",
      /tf\.randomUniform/,
      () => tf.randomUniform([99, 99], 0, 1, "float32", 5),
    ],
    ["tf.randomUniformInt", /tf\.randomUniform/, () => tf.randomUniformInt([2], 0, 9, 5)],
    [
      "tf.randomStandardNormal",
      /tf\.randomStandardNormal/,
      () => tf.randomStandardNormal([2], "float32", 1),
    ],
    [
      "tf.truncatedNormal",
      /tf\.truncatedNormal/,
      () => tf.truncatedNormal([2], 0, 1, "float32", 5),
    ],
    ["tf.randomGamma", /tf\.randomGamma/, () => tf.randomGamma([2], 1, 1, "float32", 5)],
    ["tf.rand", /tf\.rand /, () => tf.rand([2], () => 1)],
    ["tf.multinomial", /tf\.multinomial/, () => tf.multinomial(x, 2, 3)],
    [
      "tf.dropout, seeded",
      /tf\.dropout draws.*dropoutLayer/,
      () => tf.dropout(x, 0.5, undefined, 3),
    ],
    [
      "a seeded dropout layer",
      /tf\.dropout/,
      () => tf.layers.dropout({ rate: 0.5, seed: 3 }).apply(x, { training: true }) as Tensor,
    ],
    [
      "a noise layer",
      /tf\.randomNormal/,
      () => tf.layers.gaussianNoise({ stddev: 1 }).apply(image(), { training: true }) as Tensor,
    ],
    ["Math.random", /Math\.random\(\) is called inside/, () => tf.mul(x, Math.random())],
    [
      "tf.util.shuffle",
      /Math\.random\(\)/,
      () => {
        tf.util.shuffle([1, 2, 3]);
        return tf.neg(x);
      },
    ],
    ["Date.now", /Date\.now\(\)/, () => tf.mul(x, Date.now())],
    ["new Date", /new Date\(\)/, () => tf.mul(x, new Date().getDate())],
    ["performance.now", /performance\.now\(\)/, () => tf.mul(x, performance.now())],
    ["process.hrtime", /process\.hrtime\(\)/, () => tf.mul(x, process.hrtime()[1])],
    [
      "process.hrtime.bigint",
      /hrtime\.bigint\(\)/,
      () => tf.mul(x, Number(process.hrtime.bigint())),
    ],
    [
      "crypto",
      /crypto\.getRandomValues\(\)/,
      () => tf.mul(x, crypto.getRandomValues(new Uint8Array(1))[0]!),
    ],
  ])("%s", (_, message, f) => expectRefused(f, message));

  test("a refusal that the function swallows", () => {
    const f = (a: Tensor) => {
      try {
        return tf.mul(a, Math.random());
      } catch {
        return tf.neg(a);
      }
    };
    expectRefused(f, /Math\.random/);
  });

  test("a counter", () => {
    let count = 0;
    expectRefused((a) => tf.mul(a, ++count), /constant of shape \[\] used by tf\.mul changes/);
  });

  test("a counter in an attribute", () => {
    let count = 0;
    expectRefused(
      (a) => tf.leakyRelu(a, ++count),
      /attribute of tf\.leakyRelu \(LeakyRelu\) changes/,
    );
  });

  test("a changing number of operators", () => {
    let count = 0;
    const f = (a: Tensor) => Array.from({ length: ++count }).reduce<Tensor>((t) => tf.neg(t), a);
    expectRefused(f, /runs \d+ operators in one run and \d+ in the next/);
  });

  test("outputs that change", () => {
    let count = 0;
    expectRefused((a) => (++count % 2 ? a : tf.scalar(1)), /its outputs .* change from run to run/);
  });

  test("a generator of the user's own", () => {
    const random = tf.util.createShuffledIndices(1000);
    let place = 0;
    const f = (a: Tensor) => {
      place += 4;
      return tf.add(a, tf.tensor1d([...random.slice(place - 4, place)]));
    };
    expectRefused(f, /tf\.add changes from run to run/);
  });

  test("a native operator with a hidden state", () => {
    const { binding } = tf.backend() as unknown as { binding: { TF_ATTR_TYPE: number } };
    const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
    const backend = tf.backend() as unknown as {
      executeSingleOutput(name: string, attributes: object[], inputs: Tensor[]): Tensor;
    };
    const attributes = [type("dtype", 1), type("T", 3)];
    expectRefused(
      () => backend.executeSingleOutput("RandomUniform", attributes, [tf.tensor1d([2], "int32")]),
      /operator RandomUniform draws from a hidden state/,
    );
  });
});

describe("values read in JavaScript", () => {
  test.each<[string, RegExp, (a: Tensor2D) => Tensor]>([
    [
      "of a result",
      /value of the result of tf\.sum, shape \[\]/,
      (a) => tf.mul(a, tf.sum(a).dataSync()[0]!),
    ],
    [
      "of an input",
      /value of input 0 .*Return the tensor/,
      (a) => tf.mul(a, a.arraySync()[0]![0]!),
    ],
    [
      "of a variable",
      /value of the result of|tf\.Variable "v"/,
      (a) =>
        tf.mul(
          a,
          tf.variable.length ? (tf.engine().registeredVariables.v!.dataSync()[0] as number) : 0,
        ),
    ],
    [
      "by print",
      /input 0/,
      (a) => {
        a.print();
        return a;
      },
    ],
  ])("%s", (_, message, f) => {
    tf.variable(tf.scalar(2), true, "v");
    expectRefused(f, message);
  });

  test.each<[string, (a: Tensor2D) => Promise<unknown>]>([
    ["data", (a) => a.data()],
    ["array", (a) => tf.neg(a).array()],
    ["buffer", (a) => a.buffer()],
    ["whereAsync", (a) => tf.whereAsync(tf.greater(a, 0))],
  ])("by promise, which leaves no rejection that nobody holds: %s", async (_, read) => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    expectRefused((a) => {
      read(a).then((value) => expect.unreachable(String(value)));
      return tf.neg(a);
    }, /value of .* into JavaScript/);
    await setImmediate();
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  test("of a tensor made inside may be read, by promise too", async () => {
    const reads: Promise<unknown>[] = [];
    program.capture(
      "f",
      (a: Tensor2D) => {
        const made = tf.tensor1d([1, 2]);
        reads.push(made.data());
        return tf.add(a, tf.sum(made));
      },
      [x],
    );
    expect(await reads[0]).toEqual(Float32Array.of(1, 2));
  });
});

describe("what a graph cannot hold", () => {
  test("text", () => {
    expectRefused(
      (a) => tf.add(a, tf.cast(tf.equal(tf.tensor1d(["a"]), tf.tensor1d(["a"])), "float32")),
      /type string.*int32/,
    );
  });

  test("asynchronous functions, by keyword and by promise", () => {
    expectRefused(() => Promise.reject(new Error("late")), /asynchronous/);
    const keyword = async (a: Tensor) => tf.neg(a);
    expect(() => program.capture("f", keyword as never, [x])).toThrow(/asynchronous/);
  });

  test("variables made or disposed of inside", () => {
    expectRefused(
      (a) => tf.add(a, tf.variable(tf.scalar(1), true, "late")),
      /"late" is made inside/,
    );
    expectRefused((a) => {
      w.dispose();
      return a;
    }, /"w" is disposed inside/);
    const fresh = (a: Tensor) => tf.layers.dense({ units: 2 }).apply(a);
    expectRefused(fresh, /tf\.randomNormal|tf\.truncatedNormal|is made inside/);
    const zeros = () => tf.layers.dense({ units: 2, kernelInitializer: "zeros" });
    expectRefused((a) => zeros().apply(a), /kernel" is made inside.*applying the model once/);
  });

  test("large tensors from outside and made inside", () => {
    const large = tf.ones([2000, 1000]);
    expectRefused(
      (a) => tf.add(a, tf.sum(large)),
      /shape \[2000,1000\] from outside, used by Sum.*as an input/,
    );
    const values = Float32Array.from({ length: 2e6 }, (_, i) => i);
    expectRefused((a) => tf.add(a, tf.sum(tf.tensor1d(values))), /\[2000000\] made inside/);
  });

  test("a tensor that an earlier call computed", () => {
    let last: Tensor | undefined;
    const f = (a: Tensor) => {
      const result = tf.add(a, last ?? 0);
      last ??= tf.keep(tf.neg(a));
      return result;
    };
    const capture = () => program.capture("f", f, [x]);
    expect(capture).toThrow(/tensor that an earlier call computed.*tf\.Variable/);
    last?.dispose();
  });

  test("captured functions inside of others", () => {
    const inner = program.capture("inner", (a: Tensor2D) => tf.neg(a), [x]);
    expectRefused((a) => inner(a), /run inside/);
  });

  test("outputs that are no tensors, or dead", () => {
    expectRefused(() => ({ y: 3 }), /output "y" is no tensor/);
    expectRefused(() => undefined, /returns undefined/);
    expectRefused((a) => {
      const y = tf.neg(a);
      y.dispose();
      return y;
    }, /disposed inside/);
  });

  test("the function's own error comes through", () => {
    const before = surroundings();
    const fail = (_: Tensor2D): Tensor => {
      throw new RangeError("mine");
    };
    expect(() => program.capture("f", fail, [x])).toThrow(RangeError);
    expect(surroundings()).toEqual(before);
  });
});

describe("second derivatives through native gradients", () => {
  const curvature = (f: (a: Tensor) => Tensor) => (a: Tensor) =>
    tf.grad((b) => tf.sum(tf.square(tf.grad(f)(b))))(a);

  test.each<[string, (a: Tensor) => Tensor]>([
    ["SigmoidGrad", (a) => tf.mul(a, tf.sigmoid(a))],
    ["TanhGrad", tf.tanh],
    ["SoftplusGrad", tf.softplus],
    ["LeakyReluGrad", (a) => tf.leakyRelu(a, 0.1)],
    ["BiasAddGrad", (a) => tf.square(tf.add(a, tf.sum(a, 0)))],
  ])("%s", (operator, f) => {
    const before = surroundings();
    const capture = () => program.capture("f", curvature(f), [x as Tensor]);
    expect(capture).toThrow(CaptureError);
    expect(capture).toThrow(new RegExp(`${operator}.*nativeGradients: false`));
    expect(surroundings()).toEqual(before);
  });

  test("work with tf.js' own gradients", () => {
    const f = curvature(tf.softplus);
    const captured = program.capture("f", f, [x as Tensor], { nativeGradients: false });
    expect(tf.max(tf.abs(tf.sub(captured(x), f(x)))).dataSync()[0]).toBeLessThan(1e-6);
  });
});

describe("training", () => {
  const options = () => ({ variables: [w], optimizer: sgd() });
  const train = (f: (a: Tensor2D) => Tensor | Record<string, Tensor>, changes = {}) =>
    program.train("step", f, [x], { ...options(), ...changes });

  test("a refusal inside of the loss leaves no tensor behind", () => {
    const before = surroundings();
    const loss = (a: Tensor2D) =>
      tf.mul(tf.sum(tf.tanh(tf.matMul(a, w as Tensor2D))), Math.random());
    expect(() => train(loss)).toThrow(/Math\.random/);
    expect(surroundings()).toEqual(before);
  });

  test("a capture inside of a gradient", () => {
    const capture = (a: Tensor) => program.capture("f", (b: Tensor) => tf.neg(b), [a])(a);
    expect(() => tf.grad(capture)(x)).toThrow(/inside of a gradient/);
  });

  test("a loss that is no scalar, or missing", () => {
    expect(() => train((a) => tf.matMul(a, w as Tensor2D))).toThrow(/float32 \[8,4\].*tf\.mean/);
    expect(() => train((a) => ({ cost: tf.sum(a) }))).toThrow(/got outputs cost/);
  });

  test("variables without a gradient, of another kind, or assigned by the function", () => {
    const idle = tf.variable(tf.scalar(1), true, "idle");
    const loss = (a: Tensor2D) => tf.sum(tf.matMul(a, w as Tensor2D));
    expect(() => train(loss, { variables: [w, idle] })).toThrow(
      /no gradient for the variable "idle"/,
    );
    expect(() => train(loss, { variables: [] })).toThrow(/is empty/);
    expect(() => train(loss, { variables: [w, w] })).toThrow(/holds one twice/);
    const frozen = tf.variable(tf.scalar(1), false, "frozen");
    expect(() => train(loss, { variables: [w, frozen] })).toThrow(/"frozen": it is not trainable/);
    const drop = { transformGradients: () => ({}) };
    expect(() => train(loss, drop)).toThrow(/"w": transformGradients returned none/);
    expect(() => train(loss, { variables: [tf.scalar(1)] })).toThrow(/no float32 tf\.Variable/);
    const assign = (a: Tensor2D) => {
      w.assign(tf.mul(w, 2));
      return loss(a);
    };
    expect(() => train(assign)).toThrow(/assigns the variable "w"/);
  });

  test("coefficients out of range", () => {
    expect(() => adam({ beta1: 1 })).toThrow(/beta1 is 1; give a finite number in \[0, 1\)/);
    expect(() => adam({ learningRate: Number.NaN })).toThrow(/learningRate is NaN/);
    expect(() => sgd({ momentum: -0.1 })).toThrow(/momentum is -0.1/);
    const vector = tf.variable(tf.zeros([2]), false, "rate");
    expect(() => sgd({ learningRate: vector })).toThrow(/float32 variable of shape \[2\]/);
    expect(() => randomStream(tf, { seed: -1, name: "r" })).toThrow(/seed is -1/);
  });

  test("the rate of a captured optimizer", () => {
    const step = train((a) => tf.sum(tf.matMul(a, w as Tensor2D)), {
      optimizer: tf.train.rmsprop(0.1),
    });
    expect(() => step.learningRate).toThrow(/rmsprop|frozen/);
  });
});

describe("calls", () => {
  test("wrong number, shape, type; dead tensors", () => {
    const f = program.capture("f", (a: Tensor2D) => tf.neg(a), [x]) as (
      ...inputs: unknown[]
    ) => Tensor;
    const before = tf.memory().numTensors;
    expect(() => f()).toThrow(InputError);
    expect(() => f()).toThrow(/"f" takes 1 input and was called with 0/);
    const short = tf.ones([5, 4]);
    expect(() => f(short)).toThrow(
      /"f", input 0: captured for float32 \[8,4\], called with float32 \[5,4\].*variableBatch/,
    );
    const whole = tf.ones([8, 4], "int32");
    expect(() => f(whole)).toThrow(/int32 \[8,4\]/);
    expect(() => f(new Float32Array(31))).toThrow(/Float32Array of length 31/);
    expect(() => f(new Int32Array(32))).toThrow(/Int32Array/);
    expect(() => f(new Float64Array(32))).toThrow(/Float64Array/);
    expect(() => f([1, 2])).toThrow(InputError);
    expect(() => f(undefined)).toThrow(InputError);
    tf.dispose([short, whole]);
    expect(() => f(short)).toThrow(DisposedError);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("with variableBatch, only the first axis may differ, and not without end", () => {
    const f = program.capture("f", (a: Tensor2D) => tf.neg(a), [x], { variableBatch: true });
    expect(() => f(tf.ones([8, 5]))).toThrow(/Only the first axis/);
    expect(() => f(new Float32Array(7))).toThrow(InputError);
    const all = () => {
      for (let n = 1; n < 40; n++) f(new Float32Array(4 * n));
    };
    expect(all).toThrow(/captured for 16 sizes/);
  });

  test("after dispose", () => {
    const f = program.capture("f", (a: Tensor2D) => tf.neg(a), [x]);
    f(x);
    program.dispose();
    program.dispose();
    for (const use of [
      () => f(x),
      () => f.values(x),
      () => f.repeat(2),
      () => program.state(),
      () => program.toVariables(),
      () => program.capture("g", (a: Tensor2D) => a, [x]),
    ]) {
      expect(use).toThrow(DisposedError);
    }
  });

  test("names taken, bad repeats, disposed variables", () => {
    const f = program.capture("f", (a: Tensor2D) => tf.matMul(a, w as Tensor2D), [x]);
    expect(() => program.capture("f", (a: Tensor2D) => a, [x])).toThrow(/"f" already/);
    expect(() => f.repeat(1)).toThrow(/integer from 2/);
    expect(() => f.repeat(2, { shared: [3] })).toThrow(/no input 3 to share/);
    w.dispose();
    expect(() => f(x)).toThrow(StateError);
    expect(() => f(x)).toThrow(/"w" of the program is disposed/);
  });

  test("another backend", () => {
    tf.setBackend("cpu");
    try {
      expect(() => new Program(tf)).toThrow(/backend "cpu".*setBackend/);
    } finally {
      tf.setBackend("tensorflow");
    }
  });
});
