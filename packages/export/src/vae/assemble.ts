/** A model folder out of an encoder and a decoder that were made elsewhere. */
import { encodeTensor, type GraphName, parseManifest } from "@vaeport/infer/manifest";
import { readInterface } from "../proto/read-interface.js";
import type { PlainTensor } from "../source/tensorflow.js";
import { PRODUCER } from "../version.js";
import { type DescribeOptions, describeGraphs } from "./describe.js";
import { type ExportedVae, graphFiles } from "./export-vae.js";
import { scoreGraph } from "./graphs.js";
import { checkInterfaces } from "./interfaces.js";
import { probeGraphs, type RunGraph } from "./probe.js";

/** Two ONNX files with the names of docs/formats.md. */
export interface GraphPair {
  encoder: Uint8Array;
  decoder: Uint8Array;
}

/**
 * Validates the graphs against each other, by their shapes and by running them, adds the score graph, and describes
 * all three; `writeModelFolder` writes the result. The check vector is what `run` computes.
 *
 * Throws SourceError where graphs do not fit the format or each other, CheckError where their numbers are no VAE's,
 * OptionError where options do not fit them.
 */
export async function assembleVae(
  pair: GraphPair,
  options: DescribeOptions,
  run: RunGraph,
): Promise<ExportedVae> {
  const encoder = readInterface(pair.encoder, "The encoder");
  const decoder = readInterface(pair.decoder, "The decoder");
  const description = describeGraphs({ encoder, decoder }, options);
  const score = scoreGraph(description).bytes;
  const graphs: Record<GraphName, Uint8Array> = { ...pair, score };
  checkInterfaces(description, {
    encoder,
    decoder,
    score: readInterface(score, "The score graph"),
  });
  const { seed } = description.training;
  const { x, noise, encoded, decoded } = await probeGraphs(description, seed, {
    encoder: (feeds) => run(graphs.encoder, feeds),
    decoder: (feeds) => run(graphs.decoder, feeds),
  });
  const { distortion, rate } = await run(
    graphs.score,
    scoreFeeds(score, { x, ...encoded, ...decoded }),
  );
  const outputs = { ...encoded, ...decoded, distortion, rate } as Record<string, PlainTensor>;
  const record = ({ data, shape }: PlainTensor) => encodeTensor(data, shape);
  const { training, ...rest } = description;
  const { files, float32 } = await graphFiles(graphs);
  const manifest = parseManifest({
    format: "vaeport-vae",
    version: 1,
    ...rest,
    variants: { float32 },
    check: {
      seed,
      ...(description.condition && { label: 0 }),
      input: record(x),
      noise: encodeTensor(noise, [1, noise.length]),
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, tensor]) => [name, record(tensor)]),
      ),
    },
    training,
    producer: PRODUCER,
  });
  return { manifest, files, pictures: {} };
}

/** Of the tensors, those that the score graph takes. */
function scoreFeeds(score: Uint8Array, tensors: Record<string, PlainTensor>) {
  const { inputs } = readInterface(score, "The score graph");
  return Object.fromEntries(inputs.map(({ name }) => [name, tensors[name] as PlainTensor]));
}
