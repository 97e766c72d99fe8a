/** Saves a tf.js model as model.json and shards, as tfjs-node does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tf, type tfl } from "./tf.js";

export async function saveModel(
  model: tfl.LayersModel,
  folder: string,
  { shards = 1 }: { shards?: number } = {},
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
      const size = Math.ceil(data.length / shards);
      const paths = Array.from({ length: shards }, (_, index) => {
        const name = `group1-shard${index + 1}of${shards}.bin`;
        writeFileSync(join(folder, name), data.subarray(index * size, (index + 1) * size));
        return name;
      });
      const document = {
        format: "layers-model",
        modelTopology: artifacts.modelTopology,
        weightsManifest: [{ paths, weights: artifacts.weightSpecs }],
      };
      writeFileSync(join(folder, "model.json"), JSON.stringify(document));
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
}
