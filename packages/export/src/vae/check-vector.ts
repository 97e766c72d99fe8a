/** The check vector of a VAE: one item through tf.js, to reject runtimes with other numbers. */
import {
  type CheckSection,
  decodeTensor,
  encodeTensor,
  type TensorRecord,
} from "@vaeport/infer/manifest";
import { seededNormal } from "@vaeport/infer/random";
import { SourceError } from "../errors.js";
import { type PlainTensor, predict, type RunnableModelLike } from "../source/tensorflow.js";
import { referenceDistortion, referenceMean } from "./bernoulli.js";
import { referenceRate, referenceSample } from "./diagonal.js";

/**
 * Encoder and decoder run on the active tf.js backend; sampling, reconstruction and score are
 * float64 arithmetic on the tensors as stored. `example` is one item [1, ...item].
 */
export async function checkVector(
  models: { encoder: RunnableModelLike; decoder: RunnableModelLike },
  example: TensorRecord,
  seed: number,
): Promise<CheckSection> {
  const x = decodeTensor(example);
  const [mean, logVariance] = (await run("encoder", models.encoder, x)) as [
    PlainTensor,
    PlainTensor,
  ];
  const noise = seededNormal(seed, mean.data.length);
  const z = referenceSample(mean.data, logVariance.data, noise);
  const latent = { data: z, shape: mean.shape };
  const [logits] = (await run("decoder", models.decoder, latent)) as [PlainTensor];
  const record = (data: Float32Array, shape: readonly number[]) => encodeTensor(data, [...shape]);
  const scalar = (value: number) => record(Float32Array.of(value), [1, 1]);
  return {
    seed,
    input: example,
    noise: record(noise, mean.shape),
    outputs: {
      mean: record(mean.data, mean.shape),
      log_variance: record(logVariance.data, logVariance.shape),
      reconstruction: record(referenceMean(logits.data), logits.shape),
      logits: record(logits.data, logits.shape),
      distortion: scalar(referenceDistortion(x.data, logits.data)),
      rate: scalar(referenceRate(mean.data, logVariance.data)),
    },
  };
}

/** A model's outputs for one input. Throws SourceError where they are not finite numbers. */
async function run(
  name: string,
  model: RunnableModelLike,
  input: PlainTensor,
): Promise<PlainTensor[]> {
  const outputs = await predict(model, input);
  const wrong = outputs.flatMap(({ data }) => [...data]).find((value) => !Number.isFinite(value));
  if (wrong === undefined) return outputs;
  throw new SourceError(
    `The ${name} gives ${wrong} for the summary's example: its training diverged, or its weights are damaged.`,
  );
}
