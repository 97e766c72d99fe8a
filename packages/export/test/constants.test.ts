/** Constants folded and stored once: onnxruntime, which computes the nodes itself, is the reference. */
import { exportOnnx, type GraphBuilder, ops, type Value } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { GraphBuilder as Builder } from "../src/ir/builder.js";
import { printGraph } from "../src/ir/print.js";
import { constantsOf, type Graph } from "../src/ir/types.js";
import { foldConstants } from "../src/passes/fold-constants.js";
import { mergeConstants } from "../src/passes/merge-constants.js";
import { runStandardPasses } from "../src/passes/standard.js";
import { serialize } from "../src/proto/serialize.js";
import { checkAllWithOnnx, openSession } from "./support/compare.js";
import { sequential, tfl } from "./support/tf.js";

checkAllWithOnnx();

const PRODUCER = { name: "test", version: "0" };

/** A constant of numbers that no arithmetic on them gives exactly. */
function values(g: GraphBuilder, name: string, shape: readonly number[], from = 0.1): Value {
  const count = shape.reduce((product, size) => product * size, 1);
  return g.constant(
    name,
    Float32Array.from({ length: count }, (_, i) => from + i / 3),
    shape,
  );
}

/** y = x + what `make` gives, which broadcasts to [N, 2, 6]. */
function added(make: (g: GraphBuilder) => Value): Graph {
  const g = new Builder("test");
  g.output("y", ops.add(g, g.input("x", ["N", 2, 6]), make(g)));
  return g.build();
}

async function run(graph: Graph): Promise<ort.Tensor> {
  const session = await openSession(serialize(graph, PRODUCER));
  const x = new ort.Tensor("float32", new Float32Array(12), [1, 2, 6]);
  const { y } = await session.run({ x });
  await session.release();
  return y as ort.Tensor;
}

describe("fold-constants", () => {
  test.each<[string, (g: GraphBuilder) => Value]>([
    ["Add", (g) => ops.add(g, values(g, "a", [2, 6]), values(g, "b", [6], 0.7))],
    ["Sub", (g) => ops.sub(g, values(g, "a", [2, 1]), values(g, "b", [1, 6], 0.7))],
    ["Mul", (g) => ops.mul(g, g.scalar(-0.3), values(g, "a", [1, 6]))],
    ["Div", (g) => ops.div(g, values(g, "a", [2, 6]), values(g, "b", [2, 1], 3))],
    ["Max", (g) => ops.max(g, [values(g, "a", [6]), g.scalar(1.1), values(g, "b", [2, 6], -2)])],
    ["Min", (g) => ops.min(g, [values(g, "a", [6]), g.scalar(1.1), values(g, "b", [2, 6], -2)])],
    ["Sqrt", (g) => ops.sqrt(g, values(g, "a", [2, 6]))],
    ["Abs", (g) => ops.abs(g, values(g, "a", [2, 6], -2))],
    ["Transpose", (g) => ops.transpose(g, values(g, "a", [6, 2]), [1, 0])],
    ["Identity", (g) => ops.transpose(g, values(g, "a", [2, 6]), [0, 1])],
    ["Reshape", (g) => ops.reshape(g, values(g, "a", [2, 3, 2]), [2, 6])],
    ["Squeeze", (g) => ops.squeeze(g, values(g, "a", [2, 1, 6]), 1)],
    ["Unsqueeze", (g) => ops.unsqueeze(g, values(g, "a", [6]), 0)],
    ["Expand", (g) => ops.expand(g, values(g, "a", [2, 1]), [2, 6])],
    ["Concat", (g) => ops.concat(g, [values(g, "a", [2, 4]), values(g, "b", [2, 2], 9)], 1)],
    ["Concat", (g) => ops.concat(g, [values(g, "a", [1, 6]), values(g, "b", [1, 6], 9)], 0)],
  ])("%s, to the bit", async (op, make) => {
    const graph = added(make);
    expect(graph.nodes.map((node) => node.op)).toEqual([op, "Add"]);
    const expected = await run(graph);
    expect(foldConstants.run(graph)).toBe(true);
    expect(graph.nodes.map((node) => node.op)).toEqual(["Add"]);
    expect(await run(graph)).toEqual(expected);
    expect(foldConstants.run(graph)).toBe(false);
  });

  test("one result after the other, and what is not exact stays", () => {
    const graph = added((g) => {
      const spread = ops.sqrt(g, ops.add(g, values(g, "variance", [6]), g.scalar(1e-3)));
      return ops.exp(g, ops.div(g, values(g, "gamma", [6]), spread));
    });
    runStandardPasses(graph);
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph test, opset 17
      inputs  x [N, 2, 6]
      outputs y [N, 2, 6]
        Exp [6] = Exp(Div [6])
        y [N, 2, 6] = Add(x, Exp)
      "
    `);
  });

  test("what would make the file larger stays, and so does what gives an output", () => {
    const g = new Builder("test");
    const wide = ops.expand(g, values(g, "a", [1, 1]), [1, 600]);
    g.output("y", ops.add(g, g.input("x", ["N", 600]), wide));
    g.output("z", ops.sqrt(g, values(g, "b", [1])));
    expect(foldConstants.run(g.build())).toBe(false);
  });

  test("the weights that a translator of the caller computes with", async () => {
    const model = sequential([3], [tfl.layers.dense({ name: "dense", units: 2 })]);
    const { graph } = exportOnnx(model, {
      translators: {
        Dense: (layer, inputs, g) => {
          const { kernel, bias } = layer.weights;
          if (!kernel || !bias) throw new Error("not built");
          const halved = ops.mul(g, g.weight("kernel", kernel), g.scalar(0.5));
          return inputs.map((x) => ops.gemm(g, x, halved, g.weight("bias", bias)));
        },
      },
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Gemm"]);
  });
});

test("merge-constants: equal to the bit, whoever made them", () => {
  const graph = added((g) => ops.mul(g, values(g, "a", [6]), values(g, "b", [6], 0.2)));
  const [mul] = graph.nodes;
  const [a] = constantsOf(graph);
  if (mul === undefined || a === undefined) throw new Error("no nodes");
  mul.inputs[1] = { ...a, name: "copy" } as Value;
  expect(constantsOf(graph)).toHaveLength(2);
  expect(mergeConstants.run(graph)).toBe(true);
  expect(constantsOf(graph)).toEqual([a]);
  expect(mergeConstants.run(graph)).toBe(false);
});

test("a decoder of several uneven transposed convolutions stores each number once", () => {
  const up = (filters: number) =>
    tfl.layers.conv2dTranspose({ filters, kernelSize: 3, strides: 2, padding: "same" });
  const { graph } = exportOnnx(sequential([2, 2, 3], [up(4), up(5), up(1)]));
  expect(graph.nodes.filter(({ op }) => op === "Slice")).toHaveLength(3);
  const stored = constantsOf(graph).map(({ dtype, shape, data }) => `${dtype} [${shape}] ${data}`);
  expect(stored).toEqual([...new Set(stored)]);
});
