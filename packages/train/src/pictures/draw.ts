/** The pictures of a run, all of those that its data and latent space allow. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Canvas } from "@napi-rs/canvas";
import type { TensorFlow } from "../tensorflow/index.js";
import { replaceFolder } from "../training/files.js";
import { drawCurves } from "./curves.js";
import {
  drawInterpolations,
  drawManifold,
  drawReconstructions,
  drawSamples,
  drawTraversal,
} from "./images.js";
import { drawLatentScatter } from "./latent-scatter.js";
import { areImages, type PictureSource } from "./source.js";

/** Draws all pictures into a folder, which appears whole and replaces an earlier one; returns their paths. */
export async function drawPictures(
  tf: TensorFlow,
  folder: string,
  source: PictureSource,
): Promise<string[]> {
  const images: Record<string, Canvas | undefined> = areImages(source.dataset)
    ? {
        "samples.png": drawSamples(tf, source),
        "reconstructions.png": drawReconstructions(tf, source),
        "interpolations.png": drawInterpolations(tf, source),
        "traversal.png": drawTraversal(tf, source),
        "manifold.png": drawManifold(tf, source),
      }
    : {};
  const pictures = {
    ...images,
    "latent-space.png": drawLatentScatter(tf, source),
    "training-curve.png": drawTrainingCurve(source),
  };
  const drawn = Object.entries(pictures).filter(([, canvas]) => canvas !== undefined);
  await replaceFolder(folder, async (temporary) => {
    for (const [name, canvas] of drawn) {
      await writeFile(join(temporary, name), await canvas!.encode("png"));
    }
  });
  return drawn.map(([name]) => join(folder, name));
}

function drawTrainingCurve({ config, metrics }: PictureSource): Canvas {
  const { optimizer, batchSize } = config.training;
  return drawCurves(metrics, {
    title: `${config.name}: training`,
    subtitle: `Learning rate ${optimizer.learningRate}, batches of ${batchSize}, seed ${config.seed}`,
  });
}
