/** Saves a net of tf.js, with random weights, as model.json and one file of weights: `prepare.mjs <net> <folder>`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { NETS } from "../nets.mjs";

const [name = "", folder = ""] = process.argv.slice(2);
const net = NETS[name];
if (net === undefined)
  throw new Error(`Expected one of ${Object.keys(NETS).join(", ")}, got ${name}.`);

const model = net.make();
model.setWeights(model.weights.map(({ shape }) => tf.randomUniform(shape.map(Number), 0.1, 1)));
mkdirSync(folder, { recursive: true });
await model.save(
  tf.io.withSaveHandler(async (artifacts) => {
    const data = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
    writeFileSync(join(folder, "weights.bin"), new Uint8Array(data));
    const weightsManifest = [{ paths: ["weights.bin"], weights: artifacts.weightSpecs }];
    const document = { modelTopology: artifacts.modelTopology, weightsManifest };
    writeFileSync(join(folder, "model.json"), JSON.stringify(document));
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  }),
);
