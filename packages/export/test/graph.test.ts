/** The graph itself: building, checking, printing, passes, and the file format. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphError, PassError } from "../src/errors.js";
import { GraphBuilder } from "../src/ir/builder.js";
import { checkGraph } from "../src/ir/check.js";
import * as ops from "../src/ir/ops/index.js";
import { printGraph } from "../src/ir/print.js";
import { permute } from "../src/ir/tensor.js";
import { type Constant, constantsOf, type Graph } from "../src/ir/types.js";
import { evenPads } from "../src/passes/even-pads.js";
import { foldAffine } from "../src/passes/fold-affine.js";
import { foldTranspose } from "../src/passes/fold-transpose.js";
import { mergeReshape } from "../src/passes/merge-reshape.js";
import { removeDead } from "../src/passes/remove-dead.js";
import { removeIdentity } from "../src/passes/remove-identity.js";
import { type Pass, runPasses } from "../src/passes/run.js";
import { serialize } from "../src/proto/serialize.js";
import { checkOnnx } from "./referee.js";
import { catchError } from "./support/errors.js";
import { readModel } from "./support/onnx.js";
import { tf } from "./support/tf.js";

const ones = (...shape: number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1),
});

/** A graph with one input x of this shape, whose output y is what `body` makes of it. */
function build(
  shape: readonly (number | string)[],
  body: (g: GraphBuilder, x: ReturnType<GraphBuilder["input"]>) => ReturnType<typeof ops.relu>,
): Graph {
  const g = new GraphBuilder("test");
  g.output("y", body(g, g.input("x", shape)));
  return g.build();
}

const operators = (graph: Graph) => graph.nodes.map(({ op }) => op);

describe("builder", () => {
  test("stores equal constants once, and tells them apart to the bit", () => {
    const g = new GraphBuilder("test");
    const one = g.constant("a", Float32Array.of(1, 0), [2]);
    expect(g.constant("b", Float32Array.of(1, 0), [2])).toBe(one);
    expect(g.constant("b", Float32Array.of(1, -0), [2])).not.toBe(one);
    expect(g.constant("b", Float32Array.of(1, 0), [2, 1])).not.toBe(one);
    expect(g.scalar(Number.NaN)).toBe(g.scalar(Number.NaN));
    expect(g.ints([1, 2])).toBe(g.ints([1, 2]));
    expect(() => g.constant("c", Float32Array.of(1), [2])).toThrow(GraphError);
  });

  test("converts a layout once, and back for nothing", () => {
    const g = new GraphBuilder("test");
    const x = g.input("x", ["N", 4, 5, 3]);
    const image = g.as(x, "channels-first");
    expect(image.shape).toEqual(["N", 3, 4, 5]);
    expect(g.as(x, "channels-first")).toBe(image);
    expect(g.as(image, "source")).toBe(x);
    expect(g.as(g.as(ops.relu(g, image), "source"), "channels-first").name).toBe("Relu");
  });

  test("moves no data where only axes of size 1 change place", () => {
    const single = build(["N", 4, 5, 1], (g, x) => ops.relu(g, g.as(x, "channels-first")));
    expect(operators(single)).toEqual(["Reshape", "Relu", "Reshape"]);
    const pixel = build(["N", 1, 1, 7], (g, x) => ops.relu(g, g.as(x, "channels-first")));
    expect(operators(pixel)).toEqual(["Reshape", "Relu", "Reshape"]);
  });

  test("keeps the caller's names and numbers those inside", () => {
    const g = new GraphBuilder("test");
    const x = g.input("Relu", ["N", 2]);
    g.output("Relu_2", ops.relu(g, ops.relu(g, ops.relu(g, x))));
    const names = g.build().nodes.map(({ outputs }) => outputs[0]?.name);
    expect(names).toEqual(["Relu_3", "Relu_4", "Relu_2"]);
  });

  test.each([
    [
      "Gemm",
      () =>
        build(["N", 3], (g, x) => ops.gemm(g, x, g.constant("w", ones(2, 2).data, [2, 2]), null)),
      /inner sizes of \[N, 3\] and \[2, 2\] differ/,
    ],
    [
      "Conv",
      () =>
        build(["N", 3, 4, 4], (g, x) =>
          ops.conv(g, x, g.constant("w", ones(1, 2, 1, 1).data, [1, 2, 1, 1]), null, {
            strides: [1, 1],
            pads: [0, 0, 0, 0],
          }),
        ),
      /input has 3 channels, the weights want 2/,
    ],
    [
      "Add",
      () => build(["N", 3], (g, x) => ops.add(g, x, g.constant("c", ones(2).data, [2]))),
      /\[N, 3\] and \[2\] do not broadcast/,
    ],
    [
      "Reshape",
      () => build(["N", 3], (g, x) => ops.reshape(g, x, ["N", 4])),
      /does not have the elements/,
    ],
    ["Concat", () => build(["N", 3], (g, x) => ops.concat(g, [x], 2)), /axis 2 does not exist/],
    [
      "Add in two layouts",
      () => build(["N", 3, 3, 3], (g, x) => ops.add(g, x, g.as(x, "channels-first"))),
      /different layouts/,
    ],
    ["Softmax", () => build(["N", 3], (g, x) => ops.softmax(g, x, -3)), /axis -3 does not exist/],
  ])("refuses shapes that do not fit: %s", (_, run, message) => {
    expect(run).toThrow(GraphError);
    expect(run).toThrow(message);
  });
});

describe("checker", () => {
  const graph = () => build(["N", 2], (g, x) => ops.relu(g, ops.abs(g, x)));
  const first = (g: Graph) => g.nodes[0]!.outputs[0]!;

  test.each([
    ["order", (g: Graph) => void g.nodes.reverse(), /uses "Abs" before it is made/],
    ["double making", (g: Graph) => void g.nodes.push(...g.nodes), /is made twice/],
    ["missing output", (g: Graph) => void g.nodes.pop(), /output "y" is never made/],
    ["names", (g: Graph) => void Object.assign(first(g), { name: "y" }), /two values named "y"/],
    ["empty name", (g: Graph) => void Object.assign(first(g), { name: "" }), /without a name/],
    [
      "shape",
      (g: Graph) => void Object.assign(first(g), { shape: ["N", 0] }),
      /has shape \[N, 0\]/,
    ],
    ["output twice", (g: Graph) => void g.outputs.push(g.outputs[0]!), /one value is two outputs/],
  ])("finds a broken invariant: %s", (_, breakIt, message) => {
    const broken = graph();
    checkGraph(broken);
    breakIt(broken);
    expect(() => checkGraph(broken)).toThrow(message);
  });
});

describe("passes", () => {
  test("remove-dead", () => {
    const graph = build(["N", 2], (g, x) => {
      ops.exp(g, ops.abs(g, x));
      return ops.relu(g, x);
    });
    expect(removeDead.run(graph)).toBe(true);
    expect(operators(graph)).toEqual(["Relu"]);
    expect(removeDead.run(graph)).toBe(false);
  });

  test("remove-identity keeps names of outputs, and what an output needs", () => {
    const identity = (g: GraphBuilder, x: Parameters<typeof ops.relu>[1]) =>
      g.node("Identity", [x], x);
    const graph = build(["N", 2], (g, x) => identity(g, ops.relu(g, identity(g, x))));
    expect(removeIdentity.run(graph)).toBe(true);
    expect(printGraph(graph)).toContain("  y [N, 2] = Relu(x)\n");
    const border = build(["N", 2], (_, x) => x);
    expect(removeIdentity.run(border)).toBe(false);
    expect(operators(border)).toEqual(["Identity"]);
  });

  test("merge-reshape", () => {
    const graph = build(["N", 6], (g, x) =>
      ops.reshape(g, ops.reshape(g, x, ["N", 2, 3]), ["N", 3, 2]),
    );
    runPasses(graph, [mergeReshape, removeDead]);
    expect(printGraph(graph)).toContain("  y [N, 3, 2] = Reshape(x, [0, 3, 2])\n");
  });

  test("fold-affine leaves alone what something else uses, and what varies over more than channels", () => {
    const w = ones(2, 2);
    const shared = build(["N", 2], (g, x) => {
      const y = ops.gemm(g, x, g.constant("w", w.data, w.shape), null);
      return ops.mul(g, ops.mul(g, y, g.scalar(2)), y);
    });
    expect(foldAffine.run(shared)).toBe(false);
    const kernel = ones(2, 1, 1, 1);
    const window = { strides: [1, 1], pads: [0, 0, 0, 0] } as const;
    const rows = build(["N", 1, 3, 3], (g, x) => {
      const y = ops.conv(g, x, g.constant("w", kernel.data, kernel.shape), null, window);
      return ops.add(g, y, g.constant("c", ones(3, 1).data, [3, 1]));
    });
    expect(foldAffine.run(rows)).toBe(false);
    const widened = build(["N", 2], (g, x) => {
      const y = ops.gemm(g, x, g.constant("w", ones(2, 1).data, [2, 1]), null);
      return ops.add(g, y, g.constant("c", ones(3).data, [3]));
    });
    expect(foldAffine.run(widened)).toBe(false);
    const channels = build(["N", 1, 3, 3], (g, x) => {
      const y = ops.conv(g, x, g.constant("w", kernel.data, kernel.shape), null, window);
      return ops.mul(
        g,
        ops.add(g, y, g.constant("c", Float32Array.of(1, 2), [2, 1, 1])),
        g.scalar(3),
      );
    });
    expect(foldAffine.run(channels)).toBe(true);
    expect(operators(channels)).toEqual(["Conv"]);
    expect(constantsOf(channels).map(({ data }) => [...data])).toEqual([
      [3, 3],
      [3, 6],
    ]);
  });

  test("fold-transpose stays off where a value has another use", () => {
    const w = ones(12, 2);
    const graph = build(["N", 3, 2, 2], (g, x) => {
      const flat = ops.reshape(g, ops.transpose(g, x, [0, 2, 3, 1]), ["N", 12]);
      const sums = ops.gemm(g, flat, g.constant("w", w.data, w.shape), null);
      return ops.add(g, ops.reduceSum(g, flat, { axes: [1], keep: true }), sums);
    });
    expect(foldTranspose.run(graph)).toBe(false);
  });

  test.each([
    { pads: [1, 0, 1, 0], expected: undefined },
    { pads: [0, 1, 1, 1], expected: { pads: [0, 1, 0, 1], cut: [[0], [6], [2]] } },
    {
      pads: [2, 0, 1, 1],
      expected: {
        pads: [1, 0, 1, 0],
        cut: [
          [1, 0],
          [5, 6],
          [2, 3],
        ],
      },
    },
  ])("even-pads, from $pads", ({ pads, expected }) => {
    const graph = build(["N", 1, 3, 3], (g, x) =>
      ops.convTranspose(g, x, g.constant("w", ones(1, 1, 3, 3).data, [1, 1, 3, 3]), null, {
        strides: [2, 2],
        pads,
        outputPadding: [0, 0],
      }),
    );
    const { shape } = graph.outputs[0]!;
    expect(evenPads.run(graph)).toBe(expected !== undefined);
    expect(evenPads.run(graph)).toBe(false);
    const [convolution, slice] = graph.nodes;
    expect(convolution?.attributes.pads?.value).toEqual(expected?.pads ?? pads);
    const lists = slice?.inputs.slice(1).map((list) => [...(list as Constant).data].map(Number));
    expect(lists).toEqual(expected?.cut);
    expect(graph.outputs[0]?.shape).toEqual(shape);
    checkGraph(graph);
  });

  test("a failing pass is named, with those before it", () => {
    const graph = build(["N", 2], (g, x) => ops.relu(g, ops.abs(g, x)));
    const harmless: Pass = { name: "harmless", run: () => true };
    const breaking: Pass = { name: "breaking", run: ({ nodes }) => Boolean(nodes.reverse()) };
    const error = catchError(() => runPasses(graph, [harmless, breaking]));
    expect(error).toBeInstanceOf(PassError);
    expect(error).toMatchObject({
      pass: "breaking",
      history: ["harmless"],
      cause: expect.any(GraphError),
      message:
        'Pass "breaking" failed after harmless: Graph "test" is not valid: Relu uses "Abs" before it is made.',
    });
  });

  test("passes that undo one another are stopped", () => {
    const graph = build(["N", 2], (g, x) => ops.relu(g, x));
    const restless: Pass = { name: "restless", run: () => true };
    expect(() => runPasses(graph, [restless])).toThrow(/no fixed point after 100 rounds/);
  });
});

test("permute is tf.transpose", () => {
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  const cases = shape.chain((sizes) => {
    const axes = sizes.map((_, axis) => axis);
    return fc.tuple(fc.constant(sizes), fc.shuffledSubarray(axes, { minLength: axes.length }));
  });
  fc.assert(
    fc.property(cases, ([sizes, order]) => {
      const x = tf.reshape(tf.range(0, tf.util.sizeFromShape(sizes)), sizes);
      const moved = permute(x.dataSync() as Float32Array, sizes, order);
      expect(moved).toEqual(tf.transpose(x, order).dataSync());
    }),
    { seed: 20261122 },
  );
});

describe("file format", () => {
  const producer = { name: "test", version: "1" };
  const graph = () => {
    const g = new GraphBuilder("test", { metadata: { zebra: "last", apple: "first" } });
    const x = g.input("x", ["N", 4]);
    const w = g.constant("w", Float32Array.of(1, -2.5, 3e-8, 4e20, 0, -0, 7, 8), [4, 2]);
    g.output("y", ops.leakyRelu(g, ops.clip(g, ops.gemm(g, x, w, null), -1, 1), 0.25));
    return g.build();
  };

  test("what is written can be read back", () => {
    const model = readModel(serialize(graph(), producer));
    expect(model).toMatchObject({
      irVersion: 8,
      producerName: "test",
      producerVersion: "1",
      opsetImport: [{ domain: "", version: 17 }],
      metadataProps: [
        { key: "apple", value: "first" },
        { key: "zebra", value: "last" },
      ],
    });
    const { name, node, input, output, initializer, valueInfo } = model.graph;
    expect(name).toBe("test");
    const dim = (...sizes: (number | string)[]) =>
      sizes.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
    const tensor = (tensorName: string, ...sizes: (number | string)[]) =>
      expect.objectContaining({
        name: tensorName,
        type: { tensorType: { elemType: 1, shape: { dim: dim(...sizes) } } },
      });
    expect(input).toEqual([tensor("x", "N", 4)]);
    expect(output).toEqual([tensor("y", "N", 2)]);
    expect(valueInfo).toEqual([tensor("Gemm", "N", 2), tensor("Clip", "N", 2)]);
    expect(
      node.map((one: Record<string, unknown>) => [one.name, one.opType, one.input, one.output]),
    ).toEqual([
      ["Gemm", "Gemm", ["x", "w"], ["Gemm"]],
      ["Clip", "Clip", ["Gemm", "scalar_-1", "scalar_1"], ["Clip"]],
      ["y", "LeakyRelu", ["Clip"], ["y"]],
    ]);
    expect(node[2].attribute).toMatchObject([{ name: "alpha", type: "FLOAT", f: 0.25 }]);
    const [weights, low] = initializer;
    expect(weights).toMatchObject({ name: "w", dims: [4, 2], dataType: 1 });
    expect(low).toMatchObject({ name: "scalar_-1", dims: [], dataType: 1 });
    const view = new DataView(Uint8Array.from(weights.rawData).buffer);
    const floats = Array.from({ length: 8 }, (_, index) => view.getFloat32(index * 4, true));
    expect(floats).toEqual([...Float32Array.of(1, -2.5, 3e-8, 4e20, 0, -0, 7, 8)]);
  });

  test("whole numbers are 64 bits, little-endian, negative ones too", () => {
    const shaped = build(["N", 4], (g, x) => ops.reduceSum(g, x, { axes: [-1], keep: true }));
    const [axes] = readModel(serialize(shaped, producer)).graph.initializer;
    expect([...axes.rawData]).toEqual(new Array(8).fill(255));
    expect(axes).toMatchObject({ dataType: 7, dims: [1] });
  });

  test("the same graph gives the same bytes", () => {
    expect(serialize(graph(), producer)).toEqual(serialize(graph(), producer));
  });

  test("the reference checker takes it, and refuses a wrong shape", async () => {
    await checkOnnx([serialize(graph(), producer)]);
    const wrong = graph();
    Object.assign(wrong.nodes[1]!.outputs[0]!, { shape: ["N", 3] });
    await expect(checkOnnx([serialize(wrong, producer)])).rejects.toThrow(/shape/i);
  });
});
