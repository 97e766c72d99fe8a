/** What cannot be exported exactly is refused, by name and all at once. */
import {
  exportOnnx,
  exportOnnxFile,
  OptionError,
  ops,
  printGraph,
  SourceError,
  TranslationError,
  type Translator,
  UnsupportedModelError,
} from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { catchError } from "./support/errors.js";
import { sequential, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;

/** y = x times a constant: a layer that only its author knows. */
class Scale extends tfl.layers.Layer {
  static readonly className = "Scale";
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul([inputs].flat()[0] as tf.Tensor, 3);
  }
  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return shape;
  }
}
const scale = (name: string) => new Scale({ name });

describe("refusals", () => {
  test("every unsupported part of a model, in one error", () => {
    const model = sequential(
      [6],
      [
        scale("double"),
        scale("triple"),
        layers.categoryEncoding({ name: "encode", numTokens: 2, outputMode: "multiHot" }),
      ],
    );
    expect(() => exportOnnx(model)).toThrow(UnsupportedModelError);
    expect(() => exportOnnx(model)).toThrowErrorMatchingInlineSnapshot(`
      [UnsupportedModelError: Model "model" has 3 parts that cannot be exported:
        double (Scale): no translator for this class
        triple (Scale): no translator for this class
        encode (CategoryEncoding): numTokens 2 is not supported (another than the size of its input; tf.js gives a model's input the shape of what this layer makes of it)
      Replace them by supported layers, or pass a function for the class in options.translators.]
    `);
  });

  test("inside nested models, by path, a shared layer once", () => {
    const inner = tfl.sequential({ name: "inner" });
    inner.add(new Scale({ name: "triple", inputShape: [4] }));
    inner.add(scale("again"));
    const x = tfl.input({ shape: [4] });
    const y = inner.apply(inner.apply(x)) as tfl.SymbolicTensor;
    const error = catchError(() => exportOnnx(tfl.model({ inputs: x, outputs: y })));
    expect(error).toMatchObject({
      parts: [
        { layer: "inner/triple", className: "Scale" },
        { layer: "inner/again", className: "Scale" },
      ],
    });
  });

  test("attributes of a supported layer, in the same list", () => {
    const model = sequential(
      [6, 4, 1],
      [
        layers.conv2d({ name: "late", filters: 1, kernelSize: 2, padding: "causal" }),
        scale("triple"),
      ],
    );
    expect(catchError(() => exportOnnx(model))).toMatchObject({
      parts: [
        { layer: "late", reason: 'padding "causal" is not supported (one of same, valid)' },
        { layer: "triple", reason: "no translator for this class" },
      ],
    });
  });

  test("an input with open sizes, or of text", () => {
    const open = tfl.input({ name: "open", shape: [null, null, 3] });
    const conv = layers.conv2d({ filters: 1, kernelSize: 2 }).apply(open) as tfl.SymbolicTensor;
    expect(() => exportOnnx(tfl.model({ inputs: open, outputs: conv }))).toThrow(
      /open \(InputLayer\): shape \[\?, \?, \?, 3\] has open sizes/,
    );
    const words = tfl.input({ name: "words", shape: [5], dtype: "string" });
    const embedded = layers.embedding({ inputDim: 3, outputDim: 2 }).apply(words);
    expect(() =>
      exportOnnx(tfl.model({ inputs: words, outputs: embedded as tfl.SymbolicTensor })),
    ).toThrow(/words \(InputLayer\): dtype string is not supported/);
  });

  test("a result without elements", () => {
    const pool = layers.maxPooling1d({ name: "pool", poolSize: 3 });
    expect(() => exportOnnx(sequential([2, 1], [pool]))).toThrow(
      "pool (MaxPooling1D): a result without elements is not supported ([N, 0, 1])",
    );
  });

  test("names that do not fit", () => {
    const model = sequential([4], [layers.dense({ units: 2 })]);
    expect(() => exportOnnx(model, { inputNames: ["a", "b"] })).toThrow(OptionError);
    expect(() => exportOnnx(model, { inputNames: ["a"], outputNames: ["a"] })).toThrow(/unique/);
    expect(() => exportOnnx(model, { outputNames: [""] })).toThrow(/not empty/);
  });

  test("options that are none, and metadata that the exporter stores itself", async () => {
    const model = sequential([4], [layers.dense({ units: 2 })]);
    const one = { inputNames: "x" as unknown as string[] };
    expect(() => exportOnnx(model, one)).toThrow(/inputNames: expected a list of 1.*got x/);
    expect(() => exportOnnx(model, null as never)).toThrow(OptionError);
    await expect(exportOnnxFile(model, "x.onnx", null as never)).rejects.toThrow(OptionError);
    const metadata = { tfjs_layers_version: "7" };
    expect(() => exportOnnx(model, { metadata })).toThrow(
      /"tfjs_layers_version" is what the exporter itself stores, "4[.\d]+"; got "7"/,
    );
  });

  test("what is no LayersModel, or one no more", async () => {
    expect(() => exportOnnx({} as tfl.LayersModel)).toThrow(SourceError);
    expect(() => exportOnnx(undefined as unknown as tfl.LayersModel)).toThrow(/LayersModel/);
    expect(() => exportOnnx(tfl.sequential())).toThrow(/no layers/);
    await expect(exportOnnxFile(null as never, "x.onnx")).rejects.toThrow(SourceError);
    const disposed = sequential([4], [layers.dense({ name: "last", units: 2 })]);
    disposed.dispose();
    expect(() => exportOnnx(disposed)).toThrow(SourceError);
    expect(() => exportOnnx(disposed)).toThrow(/"last" cannot be read .*before it is disposed of/);
  });
});

describe("translators of the caller", () => {
  const translateScale: Translator = (_, inputs, g) =>
    inputs.map((input) => ops.mul(g, input, g.scalar(3)));

  test("take a class of their own", async () => {
    const model = sequential([4], [scale("triple")]);
    const { graph } = await compare(model, { translators: { Scale: translateScale } });
    expect(printGraph(graph)).toContain("triple [N, 4] = Mul(x, 3)");
  });

  test("take precedence over built-in ones", () => {
    const model = sequential([4], [layers.reLU({ name: "relu" })]);
    const relu: Translator = (_, inputs, g) => inputs.map((input) => ops.sigmoid(g, input));
    expect(exportOnnx(model, { translators: { ReLU: relu } }).graph.nodes[0]?.op).toBe("Sigmoid");
  });

  test("are held to the shapes of tf.js", () => {
    const model = sequential([4], [scale("triple")]);
    const wrong: Translator = (_, inputs, g) =>
      inputs.map((input) => ops.reduceSum(g, input, { axes: [1], keep: true }));
    const attempt = () => exportOnnx(model, { translators: { Scale: wrong } });
    expect(attempt).toThrow(TranslationError);
    expect(attempt).toThrow(
      'Layer "triple" (Scale): the translation has shape [N, 1], tf.js computes [N, 4]',
    );
  });

  test("have their own errors wrapped, with the layer's name", () => {
    const cause = new Error("not today");
    const broken: Translator = () => {
      throw cause;
    };
    const model = sequential([4], [scale("triple")]);
    const error = catchError(() => exportOnnx(model, { translators: { Scale: broken } }));
    expect(error).toBeInstanceOf(TranslationError);
    expect(error).toMatchObject({
      layer: "triple",
      cause,
      message: expect.stringContaining("not today"),
    });
  });

  test("cannot be reached by a class named like a property of every object", () => {
    class Odd extends Scale {
      override getClassName(): string {
        return "constructor";
      }
    }
    const model = sequential([4], [new Odd({ name: "odd" })]);
    expect(() => exportOnnx(model)).toThrow("odd (constructor): no translator for this class");
  });
});
