/** Recurrent layers: what each option of each class comes to. */
import { type Feature, refused, rows } from "../support/features.js";
import { randomise, tfl } from "../support/tf.js";

const { layers } = tfl;

/** Plain tf.js has no orthogonal initializer without chained operators; weights are set anyway. */
const START = { recurrentInitializer: "zeros", unitForgetBias: false } as const;

type Config = Record<string, unknown>;
type Make = (config: Config) => tfl.layers.Layer;

/** The recurrent layers that bring their own cell. */
export const makers = {
  SimpleRNN: layers.simpleRNN,
  GRU: layers.gru,
  LSTM: layers.lstm,
} as unknown as Record<"SimpleRNN" | "GRU" | "LSTM", Make>;

/** A recurrent layer of 3 units. */
export function recurrentLayer(name: keyof typeof makers, config: Config = {}): tfl.layers.Layer {
  return makers[name]({ units: 3, ...START, ...config });
}

/** A model of one layer over sequences [N, length, 4], with as many states [N, 3] as it is given. */
export function over(
  layer: tfl.layers.Layer,
  states = 0,
  length: number | null = 5,
): tfl.LayersModel {
  const x = tfl.input({ name: "x", shape: [length, 4] });
  const initial = Array.from({ length: states }, (_, index) =>
    tfl.input({ name: `state${index}`, shape: [3] }),
  );
  const outputs = layer.apply([x, ...initial]) as tfl.SymbolicTensor | tfl.SymbolicTensor[];
  return randomise(tfl.model({ name: "model", inputs: [x, ...initial], outputs }));
}

const cells = {
  SimpleRNN: () => layers.simpleRNNCell({ units: 3, recurrentInitializer: "zeros" }),
  GRU: () => layers.gruCell({ units: 3, recurrentInitializer: "zeros" }),
  LSTM: () => layers.lstmCell({ units: 3, ...START }),
};

/** The layer behind one that makes a mask. */
function masked(layer: tfl.layers.Layer, shape = [5, 4]): tfl.LayersModel {
  const x = tfl.input({ name: "x", shape });
  const y = layer.apply(layers.masking({ name: "mask" }).apply(x)) as tfl.SymbolicTensor;
  return tfl.model({ name: "model", inputs: x, outputs: y });
}

function stateful(layer: tfl.layers.Layer): tfl.LayersModel {
  const x = tfl.input({ batchShape: [2, 5, 4] });
  return tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
}

const options = (name: keyof typeof makers) => {
  const of =
    (config: Config = {}, states = 0) =>
    () =>
      over(recurrentLayer(name, config), states);
  const all = { goBackwards: true, returnSequences: true, returnState: true };
  return {
    "by default": of(),
    returnSequences: of({ returnSequences: true }),
    returnState: of({ returnState: true }),
    goBackwards: of({ goBackwards: true }),
    "goBackwards, returnSequences, returnState": of(all),
    initialState: of({ returnSequences: true }, name === "LSTM" ? 2 : 1),
    "useBias false": of({ useBias: false }),
    "activation relu, recurrentActivation sigmoid": of({
      activation: "relu",
      recurrentActivation: "sigmoid",
    }),
    "activation gelu, step by step": of({ activation: "gelu", returnSequences: true }),
    "activation softmax": refused(of({ activation: "softmax" })),
    "options.unrollRecurrent": {
      model: of({ ...all }, name === "LSTM" ? 2 : 1),
      compare: { unrollRecurrent: true },
    },
    "dropout, recurrentDropout": of({ dropout: 0.3, recurrentDropout: 0.3 }),
    "open length": () => over(recurrentLayer(name), 0, null),
    "open length, goBackwards, returnSequences": () => over(recurrentLayer(name, all), 0, null),
    "open length, step by step": refused(() =>
      over(recurrentLayer(name, { activation: "gelu" }), 0, null),
    ),
    stateful: refused(() => stateful(recurrentLayer(name, { stateful: true }))),
    "behind a mask": refused(() => masked(recurrentLayer(name))),
  };
};

const both = (mergeMode: "concat" | "sum" | "mul" | "ave" | null, config: Config = {}) =>
  layers.bidirectional({
    layer: recurrentLayer("LSTM", { returnSequences: true, ...config }) as tfl.RNN,
    mergeMode: mergeMode as "concat",
  });

const stack = () => [cells.LSTM(), cells.GRU(), cells.SimpleRNN()];
const image = () =>
  tfl.sequential({
    layers: [layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 5, 2] }), layers.flatten()],
  });

function distributed(
  shape: readonly (number | null)[],
  layer: tfl.layers.Layer,
): () => tfl.LayersModel {
  return () => {
    const x = tfl.input({ name: "x", shape: [...shape] });
    const y = layers.timeDistributed({ layer }).apply(x) as tfl.SymbolicTensor;
    return randomise(tfl.model({ name: "model", inputs: x, outputs: y }));
  };
}

function videoLayer(config: Config = {}): tfl.layers.Layer {
  const all = { filters: 3, kernelSize: [3, 2], ...START, ...structuredClone(config) };
  return layers.convLstm2d(all as unknown as Parameters<typeof layers.convLstm2d>[0]);
}

/** A ConvLSTM2D over [N, 3, 6, 7, 2]. */
function video(config: Config = {}): () => tfl.LayersModel {
  const shape = config.dataFormat === "channelsFirst" ? [3, 2, 6, 7] : [3, 6, 7, 2];
  return () => {
    const x = tfl.input({ name: "x", shape });
    const outputs = videoLayer(config).apply(x) as tfl.SymbolicTensor | tfl.SymbolicTensor[];
    return randomise(tfl.model({ name: "model", inputs: x, outputs }));
  };
}

export const recurrent: Feature[] = [
  ...rows("SimpleRNN", options("SimpleRNN")),
  ...rows("GRU", options("GRU")),
  ...rows("LSTM", options("LSTM")),
  ...rows("RNN", {
    "cell SimpleRNNCell": () => over(layers.rnn({ cell: cells.SimpleRNN() })),
    "cell GRUCell": () => over(layers.rnn({ cell: cells.GRU(), goBackwards: true })),
    "cell LSTMCell": () => over(layers.rnn({ cell: cells.LSTM(), returnSequences: true })),
    "cell StackedRNNCells": () => over(layers.rnn({ cell: stack(), returnState: true })),
  }),
  ...rows("SimpleRNNCell", { "in RNN": () => over(layers.rnn({ cell: cells.SimpleRNN() })) }),
  ...rows("GRUCell", { "in RNN": () => over(layers.rnn({ cell: cells.GRU() })) }),
  ...rows("LSTMCell", { "in RNN": () => over(layers.rnn({ cell: cells.LSTM() })) }),
  ...rows("StackedRNNCells", {
    "in RNN": () =>
      over(layers.rnn({ cell: stack(), goBackwards: true, returnSequences: true }), 4),
  }),
  ...rows("Bidirectional", {
    "mergeMode concat": () => over(both("concat")),
    "mergeMode sum": () => over(both("sum")),
    "mergeMode mul": () => over(both("mul")),
    "mergeMode ave": () => over(both("ave")),
    "mergeMode null": () => over(both(null)),
    "layer without returnSequences": () => over(both("concat", { returnSequences: false })),
    "layer with returnState": () => over(both("concat", { returnState: true })),
    "layer with goBackwards": () => over(both("sum", { goBackwards: true })),
    initialState: () => over(both("concat"), 4),
    "open length": () => over(both("concat"), 0, null),
    "behind a mask": refused(() => masked(both("concat"))),
  }),
  ...rows("ConvLSTM2D", {
    "padding valid": video(),
    "padding same, returnSequences": video({ padding: "same", returnSequences: true }),
    "strides, returnState": video({ strides: 2, returnState: true }),
    "dilationRate, useBias false": video({ dilationRate: 2, useBias: false }),
    "goBackwards, returnSequences": video({ goBackwards: true, returnSequences: true }),
    "activation gelu": video({ activation: "gelu" }),
    "activation softmax": refused(video({ activation: "softmax" })),
    "dataFormat channelsFirst": video({ dataFormat: "channelsFirst", returnSequences: true }),
    "behind a mask": refused(() => masked(videoLayer(), [3, 6, 7, 2])),
  }),
  ...rows("ConvLSTM2DCell", {
    "in ConvLSTM2D": video({ recurrentActivation: "sigmoid" }),
  }),
  ...rows("TimeDistributed", {
    "layer Dense": distributed([3, 4], layers.dense({ units: 2, activation: "softmax" })),
    "layer Conv2D": distributed([3, 5, 6, 2], layers.conv2d({ filters: 2, kernelSize: 2 })),
    "layer Dense, open length": distributed([null, 4], layers.dense({ units: 2 })),
    "layer LayerNormalization, open length": refused(
      distributed([null, 4], layers.layerNormalization()),
    ),
    "layer LSTM": distributed([3, 5, 4], recurrentLayer("LSTM")),
    "layer Sequential": distributed([3, 4, 5, 2], image()),
  }),
];
