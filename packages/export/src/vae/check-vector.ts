/** The check vector of a VAE: one item through tf.js, to reject runtimes with other numbers. */
import {
  type CheckSection,
  decodeTensor,
  encodeTensor,
  type ModelDescription,
  type TensorRecord,
} from "@vaeport/infer/manifest";
import { seededNormal } from "@vaeport/infer/random";
import { SourceError } from "../errors.js";
import { type PlainTensor, predict, type RunnableModelLike } from "../source/tensorflow.js";
import { LIKELIHOODS, type Named } from "./likelihoods/index.js";
import { POSTERIORS } from "./posteriors/index.js";

/** What the vector is made of. */
export interface CheckedVae {
  encoder: RunnableModelLike;
  decoder: RunnableModelLike;
  description: Pick<ModelDescription, "data" | "latent" | "likelihood" | "condition">;
  /** One item, [1, ...item]. */
  example: TensorRecord;
  /** Its class, where the model has classes. */
  label?: number | undefined;
  seed: number;
}

/**
 * Encoder and decoder run on the active tf.js backend; sampling, reconstruction and score are
 * float64 arithmetic on the tensors as stored.
 */
export async function checkVector(vae: CheckedVae): Promise<CheckSection> {
  const { description, example, label, seed } = vae;
  const { latent, condition } = description;
  const k = latent.size;
  const x = decodeTensor(example);
  const labels = condition && label !== undefined ? [oneHot(label, condition.classes)] : [];
  const posterior = POSTERIORS[latent.posterior];
  const heads = await run("encoder", vae.encoder, [x, ...labels]);
  const encoded = posterior.referenceOutputs(heads.map(({ data }) => data));
  const noise = seededNormal(seed, k);
  const z = { data: posterior.referenceSample(encoded, noise), shape: [1, k] };
  const decoded = decodedOutputs(description, await run("decoder", vae.decoder, [z, ...labels]));

  const record = (data: Float32Array, shape: readonly number[]) => encodeTensor(data, [...shape]);
  const scalar = (value: number) => record(Float32Array.of(value), [1, 1]);
  const shapes = new Map(posterior.tensors(k));
  const records = {
    ...mapValues(encoded, (data, name) => record(data, [1, ...(shapes.get(name) ?? [])])),
    ...mapValues(decoded, (data) => record(data, example.shape)),
  };
  return {
    seed,
    ...(label !== undefined && { label }),
    input: example,
    noise: record(noise, [1, k]),
    outputs: {
      ...records,
      distortion: scalar(distortionOf(description, x.data, decoded)),
      rate: scalar(posterior.referenceRate(encoded)),
    },
  };
}

/** The decoder graph's outputs of one item out of the decoder model's. */
function decodedOutputs(
  { data, likelihood: { name, parameters } }: CheckedVae["description"],
  heads: readonly PlainTensor[],
): Record<string, Float32Array> {
  const size = data.shape.reduce((product, next) => product * next, 1);
  const outputs: Record<string, Float32Array> = {};
  for (let at = 0; at < size; at++) {
    const values = heads.map((head) => head.data[head.data.length === 1 ? 0 : at] ?? 0);
    const found = LIKELIHOODS[name].referenceOutputs(values, { data, parameters });
    for (const [output, value] of Object.entries(found)) {
      outputs[output] ??= new Float32Array(size);
      outputs[output][at] = value;
    }
  }
  return outputs;
}

/** Of the parameters as stored, in float64. */
function distortionOf(
  { data, likelihood: { name, parameters } }: CheckedVae["description"],
  x: Float32Array,
  decoded: Named<Float32Array>,
): number {
  const { referenceTerm } = LIKELIHOODS[name];
  return x.reduce((sum, value, at) => {
    const outputs = mapValues(decoded, (values) => values[at] ?? 0);
    return sum + referenceTerm(value, outputs, { data, parameters });
  }, 0);
}

function mapValues<T, U>(record: Named<T>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, map(value, name)]),
  );
}

function oneHot(label: number, classes: number): PlainTensor {
  return { data: new Float32Array(classes).fill(1, label, label + 1), shape: [1, classes] };
}

/** A model's outputs for one item. Throws SourceError where they are not finite numbers. */
async function run(
  name: string,
  model: RunnableModelLike,
  inputs: readonly PlainTensor[],
): Promise<PlainTensor[]> {
  const outputs = await predict(model, inputs);
  const wrong = outputs.flatMap(({ data }) => [...data]).find((value) => !Number.isFinite(value));
  if (wrong === undefined) return outputs;
  throw new SourceError(
    `The ${name} gives ${wrong} for the summary's example: its training diverged, or its weights are damaged.`,
  );
}
