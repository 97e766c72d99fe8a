/** Operator sets 17 to 21: every feature written for each, checked, and run where operators changed. */
import { exportOnnx, OptionError } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { convolution } from "./features/convolution.js";
import { core } from "./features/core.js";
import { merge } from "./features/merge.js";
import { pooling } from "./features/pooling.js";
import { recurrent } from "./features/recurrent.js";
import { shape } from "./features/shape.js";
import { checkOnnx } from "./referee.js";
import { compare } from "./support/compare.js";
import { readModel } from "./support/onnx.js";
import { sequential, tfl } from "./support/tf.js";
import { convVae } from "./support/vaes.js";

const features = [...core, ...convolution, ...merge, ...pooling, ...recurrent, ...shape].filter(
  ({ refused }) => !refused,
);
/** The opsets above the default, which the other suites cover; IR versions as onnx lists them. */
const OPSETS = { 18: 8, 19: 9, 20: 9, 21: 10 };

describe.each(Object.entries(OPSETS))("opset %s", (text, irVersion) => {
  const opset = Number(text);

  test(`IR version ${irVersion}`, () => {
    const model = readModel(exportOnnx(convVae(8, 3, 2).encoder, { opset }).bytes);
    expect(model).toMatchObject({ irVersion, opsetImport: [{ domain: "", version: opset }] });
  });

  test("every feature passes the ONNX checker, and ONNX Runtime loads it", async () => {
    const graphs = features.map(({ model }) => exportOnnx(model(), { opset }).bytes);
    await checkOnnx(graphs);
    for (const bytes of graphs) {
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
      await session.release();
    }
  });

  test("the numbers of tf.js, from operators that changed on the way", async () => {
    const { layers } = tfl;
    const pool = layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" });
    const grow = layers.upSampling2d({ interpolation: "bilinear" });
    await compare(sequential([4, 5, 3], [layers.zeroPadding2d({}), pool, grow]), { opset });
    await compare(sequential([4, 3], [layers.layerNormalization({ axis: 1 })]), { opset });
    await compare(sequential([4, 3], [layers.softmax({ axis: [1, 2] as never })]), { opset });
    const masked = [layers.masking({}), layers.globalMaxPooling1d({})];
    await compare(sequential([4, 3], masked), { opset, below: 2 });
    await compare(sequential([3, 4, 2], [layers.globalAveragePooling2d({})]), { opset });
  });
});

test.each([16, 22, 17.5, Number.NaN])("opset %s is refused", (opset) => {
  const model = sequential([2], [tfl.layers.dense({ units: 1 })]);
  expect(() => exportOnnx(model, { opset })).toThrow(OptionError);
  expect(() => exportOnnx(model, { opset })).toThrow(`one of 17, 18, 19, 20, 21, got ${opset}`);
});
