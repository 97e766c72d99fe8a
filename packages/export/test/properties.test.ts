/** Random layers and random small graphs of layers: the export gives the numbers of tf.js. */
import fc from "fast-check";
import { test } from "vitest";
import { checkAllWithOnnx, expectOutputs, exportModel, openSession } from "./support/compare.js";
import { buildGraph, graphPlan } from "./support/random-graphs.js";
import { anyLayer, makeLayer } from "./support/random-layers.js";
import { indices, normal, randomise, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

/** Hundreds of cases, always the same; nightly thousands, others each time. A failure prints its seed. */
const parameters = (runs: number): fc.Parameters<unknown> =>
  process.env.VAEPORT_NIGHTLY
    ? { numRuns: 20 * runs, includeErrorInReport: true }
    : { numRuns: runs, seed: 20261122, includeErrorInReport: true };

const TIMEOUT = process.env.VAEPORT_NIGHTLY ? 1_800_000 : 60_000;

interface Run {
  model: tfl.LayersModel;
  inputs: tf.Tensor[];
  expected: tf.Tensor[];
}

/** The model that `build` gives, run on two items; undefined for what tf.js itself cannot do. */
function runInTensorFlow(build: () => tfl.LayersModel, below?: number): Run | undefined {
  try {
    const model = build();
    const inputs = model.inputs.map(({ shape }, index) => {
      const sizes = [2, ...shape.slice(1).map(Number)];
      const seed = 50 + index;
      return below === undefined ? normal(sizes, seed) : indices(sizes, seed, below);
    });
    return { model, inputs, expected: [model.predict(inputs)].flat() };
  } catch {
    return undefined; // above all a window larger than its image
  }
}

/** Holds the export of a model to what tf.js computes. */
async function holds(build: () => tfl.LayersModel, below?: number): Promise<void> {
  tf.engine().startScope();
  try {
    const run = runInTensorFlow(build, below);
    fc.pre(run?.expected.every(({ size }) => size > 0) ?? false);
    const { model, inputs, expected } = run as Run;
    const { bytes } = exportModel(model);
    const session = await openSession(bytes);
    await expectOutputs(session, inputs, expected);
    await session.release();
  } finally {
    tf.engine().endScope();
  }
}

test(
  "random layers",
  async () => {
    const property = fc.asyncProperty(anyLayer, fc.nat(1000), (layer, seed) =>
      holds(() => {
        const inputs = layer.shapes.map((shape, index) =>
          tfl.input({ name: `x${index}`, shape: [...shape] }),
        );
        const given = inputs.length > 1 ? inputs : (inputs[0] as tfl.SymbolicTensor);
        const outputs = makeLayer(layer).apply(given) as tfl.SymbolicTensor | tfl.SymbolicTensor[];
        return randomise(tfl.model({ name: "model", inputs, outputs }), seed);
      }, layer.below),
    );
    await fc.assert(property, parameters(300));
  },
  TIMEOUT,
);

test(
  "random graphs of layers",
  async () => {
    const property = fc.asyncProperty(graphPlan, fc.nat(1000), (plan, seed) =>
      holds(() => randomise(buildGraph(plan), seed)),
    );
    await fc.assert(property, parameters(100));
  },
  TIMEOUT,
);
