/** Random directed graphs of layers, for property tests: a plan of numbers, read into a model. */
import fc from "fast-check";
import { tfl } from "./tf.js";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

/** Steps of a model: which layer, of which earlier tensors, how large. */
export interface Plan {
  shape: readonly number[];
  steps: readonly { layer: number; first: number; second: number; size: number }[];
}

export const graphPlan: fc.Arbitrary<Plan> = fc.record({
  shape: fc.oneof(
    fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 4 })),
    fc.tuple(
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
    ),
  ),
  steps: fc.array(
    fc.record({
      layer: fc.nat(1000),
      first: fc.nat(1000),
      second: fc.nat(1000),
      size: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 9 },
  ),
});

type Unary = (size: number, x: Tensor) => tfl.layers.Layer;

const same = { padding: "same" } as const;
const start = { recurrentInitializer: "zeros", unitForgetBias: false } as const;

/** Layers by the rank of what they take, the batch included. */
const ANY: readonly Unary[] = [
  (units) => layers.dense({ units, activation: "tanh" }),
  () => layers.batchNormalization({}),
  () => layers.layerNormalization({ epsilon: 0.1 }),
  () => layers.reLU({ maxValue: 2 }),
  () => layers.leakyReLU({}),
  () => layers.activation({ activation: "gelu" }),
  () => layers.activation({ activation: "softmax" }),
  () => layers.dropout({ rate: 0.5 }),
];
const BY_RANK: Readonly<Record<number, readonly Unary[]>> = {
  2: [
    (n) => layers.repeatVector({ n }),
    (_, x) => layers.reshape({ targetShape: [Number(x.shape[1]), 1] }),
  ],
  3: [
    (size) => layers.conv1d({ filters: 3, kernelSize: size, ...same }),
    (size) => layers.maxPooling1d({ poolSize: size, strides: 1, ...same }),
    () => layers.globalAveragePooling1d({}),
    () => layers.permute({ dims: [2, 1] }),
    () => layers.flatten(),
    (units) => layers.lstm({ units, returnSequences: true, ...start }),
    (units) => layers.gru({ units, goBackwards: true, ...start }),
    (units) =>
      layers.bidirectional({
        layer: layers.simpleRNN({ units, returnSequences: true, ...start }) as tfl.RNN,
        mergeMode: "sum" as "concat",
      }),
    (units) => layers.timeDistributed({ layer: layers.dense({ units }) }),
  ],
  4: [
    (size) => layers.conv2d({ filters: 3, kernelSize: size, ...same }),
    (size) =>
      layers.conv2d({ filters: 2, kernelSize: 3, strides: size, ...same, activation: "relu" }),
    (size) => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: size, ...same }),
    (size) => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: size, ...same }),
    (size) => layers.maxPooling2d({ poolSize: 2, strides: size, ...same }),
    (size) => layers.averagePooling2d({ poolSize: size, strides: 1, ...same }),
    (size) =>
      layers.zeroPadding2d({
        padding: [
          [size, 0],
          [0, 1],
        ],
      }),
    () => layers.upSampling2d({}),
    () => layers.globalMaxPooling2d({}),
    () => layers.permute({ dims: [3, 1, 2] }),
    () => layers.flatten(),
    () => layers.timeDistributed({ layer: layers.flatten() }),
    (_, x) => layers.reshape({ targetShape: [Number(x.shape[2]), -1] }),
  ],
};

const MERGES = [
  () => layers.add(),
  () => layers.multiply(),
  () => layers.average(),
  () => layers.maximum(),
  () => layers.concatenate(),
];

/** More elements than this are pooled away, so that cases stay fast. */
const MOST_ELEMENTS = 2000;

/** The model of a plan; its outputs are the tensors that nothing uses. */
export function buildGraph({ shape, steps }: Plan): tfl.LayersModel {
  const x = tfl.input({ name: "x", shape: [...shape] });
  const made: Tensor[] = [x];
  const used = new Set<Tensor>();
  for (const { layer, first, second, size } of steps) {
    const a = made[first % made.length] as Tensor;
    const b = made[second % made.length] as Tensor;
    const join = layer % 4 === 0 && a !== b && String(a.shape) === String(b.shape);
    const unary = [...ANY, ...(BY_RANK[a.shape.length] ?? [])];
    const pick = <T>(list: readonly T[]) => list[Math.floor(layer / 4) % list.length] as T;
    const next = join ? pick(MERGES)().apply([a, b]) : pick(unary)(size, a).apply(a);
    const elements = (next as Tensor).shape
      .slice(1)
      .reduce((n, length) => Number(n) * Number(length), 1);
    if (Number(elements) > MOST_ELEMENTS) continue;
    for (const input of join ? [a, b] : [a]) used.add(input);
    made.push(next as Tensor);
  }
  const outputs = made.filter((tensor) => !used.has(tensor));
  return tfl.model({ name: "model", inputs: x, outputs });
}
