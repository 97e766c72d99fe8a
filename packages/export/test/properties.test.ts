/** Random layers and random small graphs of layers: the export gives the numbers of tf.js. */
import fc from "fast-check";
import { type TestContext, test } from "vitest";
import {
  type Closeness,
  checkAllWithOnnx,
  describeCloseness,
  expectOutputs,
  exportModel,
  openSession,
  worstOf,
} from "./support/compare.js";
import { parameters, TIMEOUT } from "./support/properties.js";
import { buildGraph, graphPlan } from "./support/random-graphs.js";
import { anyLayer, makeLayer } from "./support/random-layers.js";
import { indices, normal, randomise, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

const SEED = 20261122;

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
async function holds(build: () => tfl.LayersModel, below?: number): Promise<Closeness[]> {
  tf.engine().startScope();
  try {
    const run = runInTensorFlow(build, below);
    fc.pre(run?.expected.every(({ size }) => size > 0) ?? false);
    const { model, inputs, expected } = run as Run;
    const { bytes } = exportModel(model);
    const session = await openSession(bytes);
    const outputs = await expectOutputs(session, inputs, expected);
    await session.release();
    return outputs;
  } finally {
    tf.engine().endScope();
  }
}

/** Draws cases until one fails, and says in the record how close they came. */
async function check<T>(
  task: TestContext["task"],
  runs: number,
  arbitrary: fc.Arbitrary<T>,
  holdsFor: (value: T, seed: number) => Promise<Closeness[]>,
): Promise<void> {
  const seen: Closeness[] = [];
  const property = fc.asyncProperty(arbitrary, fc.nat(1000), async (value, seed) => {
    seen.push(...(await holdsFor(value, seed)));
  });
  const given = parameters(runs, SEED);
  await fc.assert(property, given);
  task.meta.measured = `${given.numRuns} cases, ${describeCloseness(worstOf(seen))}`;
}

test("random layers", { timeout: TIMEOUT }, async ({ task }) => {
  await check(task, 300, anyLayer, (layer, seed) =>
    holds(() => {
      const inputs = layer.shapes.map((shape, index) =>
        tfl.input({ name: `x${index}`, shape: [...shape] }),
      );
      const given = inputs.length > 1 ? inputs : (inputs[0] as tfl.SymbolicTensor);
      const outputs = makeLayer(layer).apply(given) as tfl.SymbolicTensor | tfl.SymbolicTensor[];
      return randomise(tfl.model({ name: "model", inputs, outputs }), seed);
    }, layer.below),
  );
});

test("random graphs of layers", { timeout: TIMEOUT }, async ({ task }) => {
  await check(task, 100, graphPlan, (plan, seed) => holds(() => randomise(buildGraph(plan), seed)));
});
