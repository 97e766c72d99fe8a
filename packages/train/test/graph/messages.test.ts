/** The SavedModel that is written, read back by the message classes that TensorFlow's own .proto files generated. */
import { expect, test } from "vitest";
import { attribute, GraphBuilder } from "../../src/graph/graph-def/builder.js";
import { readSavedModel } from "./saved-model.js";

test("every kind of attribute, constant and input arrives", () => {
  const graph = new GraphBuilder();
  const input = graph.placeholder([2, 3], 1, "x");
  const weights = new Uint8Array(Float32Array.of(1.5, -0).buffer);
  const constant = graph.constant({ shape: [2], dtype: 1, bytes: weights });
  const attributes = {
    type: attribute.type(3),
    int: attribute.int(-7),
    float: attribute.float(0.25),
    flag: attribute.flag(false),
    text: attribute.text("NHWC"),
    shape: attribute.shape([4, 1]),
    ints: { list: { i: [1, 2, 2, 1] } },
    floats: { list: { f: [0.5] } },
    flags: { list: { b: [true, false] } },
  };
  graph.add("Anything", [input, `${constant}:1`], attributes, { name: "y", after: [input, input] });

  const read = readSavedModel(graph.serialize());
  expect(read.savedModelSchemaVersion).toBe(1);
  expect(read.metaGraphsList[0]!.metaInfoDef.tagsList).toEqual(["serve"]);
  const [x, c, y] = read.metaGraphsList[0]!.graphDef.nodeList;
  expect([x!.name, x!.op]).toEqual(["x", "Placeholder"]);
  const { tensor } = new Map(c!.attrMap).get("value")! as { tensor: Record<string, unknown> };
  expect(tensor).toMatchObject({
    dtype: 1,
    tensorContent: Buffer.from(weights).toString("base64"),
  });
  expect(y!.inputList).toEqual(["x", `${constant}:1`, "^x"]);
  const values = new Map(y!.attrMap);
  expect(values.get("type")!.type).toBe(3);
  expect(values.get("int")!.i).toBe(-7);
  expect(values.get("float")!.f).toBe(0.25);
  expect(values.get("flag")!.b).toBe(false);
  expect(values.get("text")!.s).toBe(Buffer.from("NHWC").toString("base64"));
  const { dimList } = values.get("shape")!.shape as { dimList: { size: number }[] };
  expect(dimList.map(({ size }) => size)).toEqual([4, 1]);
  expect(values.get("ints")!.list).toMatchObject({ iList: [1, 2, 2, 1] });
  expect(values.get("floats")!.list).toMatchObject({ fList: [0.5] });
  expect(values.get("flags")!.list).toMatchObject({ bList: [true, false] });
});

test("equal constants are written once, and long ones of one value as Fill", () => {
  const graph = new GraphBuilder();
  const bytes = (values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
  expect(graph.scalar(2)).toBe(graph.scalar(2));
  expect(graph.scalar(0)).not.toBe(graph.scalar(-0));
  const uniform = graph.constant({ shape: [100], dtype: 1, bytes: bytes(Array(100).fill(3)) });
  expect(uniform).toMatch(/^Fill/);
  expect(graph.serialize().length).toBeLessThan(800);
});
