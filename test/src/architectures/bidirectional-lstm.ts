/**
 * A tagger of words by stacked bidirectional LSTMs over learned embeddings, of the size of those in
 * https://arxiv.org/abs/1508.01991 and its followers: 20000 words, two layers of 256 units each way.
 */
import * as tfl from "@tensorflow/tfjs-layers";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

/** Word indices [N, steps] -> the probability of each of 45 tags, [N, steps, 45]. */
export function bidirectionalLstm(steps: number): tfl.LayersModel {
  const words = tfl.input({ name: "words", shape: [steps], dtype: "int32" });
  let x = layers.embedding({ inputDim: 20000, outputDim: 128 }).apply(words) as Tensor;
  for (let index = 0; index < 2; index++) {
    const layer = layers.lstm({
      units: 256,
      returnSequences: true,
      recurrentActivation: "sigmoid",
      recurrentInitializer: "zeros",
      unitForgetBias: false,
    }) as tfl.RNN;
    x = layers.bidirectional({ layer, mergeMode: "concat" }).apply(x) as Tensor;
    x = layers.dropout({ rate: 0.5 }).apply(x) as Tensor;
  }
  const tag = layers.dense({ units: 45, activation: "softmax" });
  const tags = layers.timeDistributed({ name: "tags", layer: tag }).apply(x) as Tensor;
  return tfl.model({ name: "bidirectional_lstm", inputs: words, outputs: tags });
}
