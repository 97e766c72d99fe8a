/** Runs an encoder and a decoder made elsewhere, and holds their numbers to what a VAE's must be. */
import type { ModelDescription } from "@vaeport/infer/manifest";
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import { CheckError } from "../errors.js";
import type { PlainTensor } from "../source/tensorflow.js";
import { LIKELIHOODS } from "./likelihoods/index.js";
import { POSTERIORS } from "./posteriors/index.js";

/** Inputs of a graph by name. */
export type Feeds = Readonly<Record<string, PlainTensor>>;

/** Runs a graph once, on a runtime of the caller's choice. */
export type RunGraph = (graph: Uint8Array, feeds: Feeds) => Promise<Record<string, PlainTensor>>;

type Outputs = Readonly<Record<string, PlainTensor>>;

/** What the probe asks a runtime for. */
export interface Probed {
  encoder: (feeds: Feeds) => Promise<Outputs>;
  decoder: (feeds: Feeds) => Promise<Outputs>;
}

/** One item through both graphs. */
export interface Probe {
  x: PlainTensor;
  noise: Float32Array;
  encoded: Outputs;
  decoded: Outputs;
}

const ITEMS = 3;

/**
 * Random items of the data's range through both graphs, together, again, and one alone. Throws CheckError, naming
 * every fault, where an item's numbers depend on the rest of its batch or change from run to run, are not finite,
 * or are no Cholesky factor, or no mean of the likelihood.
 */
export async function probeGraphs(
  description: ModelDescription,
  seed: number,
  { encoder, decoder }: Probed,
): Promise<Probe> {
  const k = description.latent.size;
  const x = randomItems(description, seed);
  const labels = description.condition && {
    label: oneHotRows(ITEMS, description.condition.classes),
  };
  const together = { x, ...labels };
  const encoded = await encoder(together);
  const noise = seededNormal(seed, k);
  const z = draw(description, encoded, seededNormal(seed, ITEMS * k));
  const latent = { z, ...labels };
  const decoded = await decoder(latent);
  const problems = [
    ...sameNumbers("encoder", "run again, it gives", encoded, await encoder(together)),
    ...sameNumbers("encoder", ALONE, firstItem(encoded), await encoder(firstItem(together))),
    ...sameNumbers("decoder", "run again, it gives", decoded, await decoder(latent)),
    ...sameNumbers("decoder", ALONE, firstItem(decoded), await decoder(firstItem(latent))),
    ...factorProblems(encoded.scale_tril, k),
    ...meanProblems(description, decoded),
  ];
  if (problems.length > 0) {
    throw new CheckError(
      `The graphs are no VAE's:\n${problems.map((problem) => `  ${problem}`).join("\n")}\n` +
        "Export them in evaluation mode, without dropout or sampling inside.",
    );
  }
  const one = firstItem({ x, ...encoded });
  const first = await decoder(firstItem({ z: draw(description, one, noise), ...labels }));
  return { x: one.x as PlainTensor, noise, encoded: firstItem(encoded), decoded: first };
}

const ALONE = "for an item on its own, it gives";

function randomItems({ data }: ModelDescription, seed: number): PlainTensor {
  const [low, high] = data.range;
  const size = data.shape.reduce((product, next) => product * next, 1);
  const uniform = seededUniform(seed, ITEMS * size);
  const values = uniform.map((u) =>
    data.binarised ? (u < 0.5 ? low : high) : low + (high - low) * u,
  );
  return { data: Float32Array.from(values), shape: [ITEMS, ...data.shape] };
}

/** Item i has class i, from 0 on again after the last. */
function oneHotRows(items: number, classes: number): PlainTensor {
  const data = new Float32Array(items * classes);
  for (let item = 0; item < items; item++) data[item * classes + (item % classes)] = 1;
  return { data, shape: [items, classes] };
}

/** z of each item for its part of the noise, [items, k]. */
function draw({ latent }: ModelDescription, encoded: Outputs, noise: Float32Array): PlainTensor {
  if (encoded.mean === undefined) throw new CheckError("The encoder gives no mean.");
  const items = noise.length / latent.size;
  const data = new Float32Array(noise.length);
  const part = (values: Float32Array, item: number) => {
    const size = values.length / items;
    return values.subarray(item * size, (item + 1) * size);
  };
  for (let item = 0; item < items; item++) {
    const own = Object.entries(encoded).map(([name, tensor]) => [name, part(tensor.data, item)]);
    const { referenceSample } = POSTERIORS[latent.posterior];
    const z = referenceSample(Object.fromEntries(own), part(noise, item));
    data.set(z, item * latent.size);
  }
  return { data, shape: encoded.mean.shape };
}

function firstItem(tensors: Outputs): Record<string, PlainTensor> {
  const items = Object.entries(tensors).map(([name, { data, shape }]) => {
    const [count = 1, ...item] = shape;
    return [name, { data: data.slice(0, data.length / count), shape: [1, ...item] }] as const;
  });
  return Object.fromEntries(items);
}

/** Within the tolerance between runtimes: kernels of other batch sizes may round otherwise. */
function sameNumbers(graph: string, when: string, expected: Outputs, got: Outputs): string[] {
  return Object.entries(expected).flatMap(([name, { data }]) => {
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const wrong = data.findIndex(
      (value, index) =>
        !(Math.abs(value - (got[name]?.data[index] ?? Number.NaN)) <= 1e-5 + 1e-4 * largest),
    );
    if (wrong < 0) return [];
    const value = data[wrong];
    if (!Number.isFinite(value)) return [`${graph}: ${name}[${wrong}] is ${value}.`];
    return [`${graph}: ${when} ${name}[${wrong}] = ${got[name]?.data[wrong]}, not ${value}.`];
  });
}

function factorProblems(factor: PlainTensor | undefined, k: number): string[] {
  const wrong = factor?.data.findIndex((value, index) => {
    const [row, column] = [Math.floor(index / k) % k, index % k];
    return row < column ? value !== 0 : row === column && !(value > 0);
  });
  if (factor === undefined || wrong === undefined || wrong < 0) return [];
  return [
    `encoder: scale_tril must be lower triangular with a positive diagonal; element ${wrong} is ${factor.data[wrong]}.`,
  ];
}

/** Of a likelihood with logits, the reconstruction is the mean that they give, which lies in the data's range. */
function meanProblems({ data, likelihood }: ModelDescription, decoded: Outputs): string[] {
  const { reconstruction, logits } = decoded;
  if (reconstruction === undefined || logits === undefined) return [];
  const { referenceOutputs, scored } = LIKELIHOODS[likelihood.name];
  const context = { data, parameters: {} };
  if (!scored(context).includes("logits")) return [];
  const expected = logits.data.map((logit) => referenceOutputs([logit], context).reconstruction!);
  const mean = reconstruction.data;
  const wrong = expected.findIndex((value, index) => !(Math.abs(value - mean[index]!) <= 1e-5));
  if (wrong < 0) return [];
  return [
    `decoder: reconstruction[${wrong}] is ${mean[wrong]}, but the mean of a ${likelihood.name} likelihood with ` +
      `logits[${wrong}] = ${logits.data[wrong]} is ${expected[wrong]}.`,
  ];
}
