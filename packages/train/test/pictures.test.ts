import { existsSync } from "node:fs";
import { join } from "node:path";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import { buildVae, drawPictures, type EpochMetrics, loadDataset } from "@vaeport/train";
import { Chart } from "chart.js";
import { describe, expect, test } from "vitest";
import { spreadRows } from "../src/data/spread.js";
import { drawRow, gridScale } from "../src/pictures/grid.js";
import { encodeHeldOut } from "../src/pictures/source.js";
import { smallConfig, temporaryFolder, tf } from "./support.js";

/** Pixels of a PNG file: red, green, blue and opacity of each. */
async function readPng(file: string) {
  const image = await loadImage(file);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
  const at = (x: number, y: number) => [...data.subarray(4 * (y * width + x)).subarray(0, 4)];
  return { width, height, data, at };
}

function metrics(epoch: number): EpochMetrics {
  const losses = { negativeElbo: 100 / epoch, distortion: 80 / epoch, rate: 20 / epoch };
  const rateByDimension = [5, 5, 5, 5].map((rate) => rate / epoch);
  const set = { ...losses, rateByDimension, activeUnits: 3, bitsPerDimension: 0.2 / epoch };
  return {
    epoch,
    train: set,
    test: set,
    gradientNorm: 1,
    learningRate: 1e-3,
    seconds: 1,
    imagesPerSecond: 1,
  };
}

test("items of pictures are spread over a set that is ordered by class", () => {
  const config = smallConfig();
  const values = Float32Array.from({ length: 40 * 784 }, (_, i) => Math.floor(i / 784) / 40);
  const heldOut = tf.tensor(values, [40, 28, 28, 1]);
  const names = ["0", "1", "2", "3"];
  const classes = Int32Array.from({ length: 40 }, (_, i) => Math.floor(i / 10));
  const labels = { names, train: classes, test: classes };
  const dataset = {
    name: "ordered",
    itemShape: [28, 28, 1] as const,
    range: [0, 1] as [number, number],
    train: heldOut,
    test: heldOut,
    labels,
    dispose: () => heldOut.dispose(),
  };
  const vae = buildVae(tf, config, dataset);
  const taken = encodeHeldOut(tf, { vae, dataset, config, metrics: [] }, 8);
  expect([...taken.labels!]).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  const first = taken.x.slice([0, 0, 0, 0], [8, 1, 1, 1]).dataSync();
  expect([...first].map((value) => Math.round(40 * value))).toEqual([...spreadRows(8, 40)]);
});

describe("the pictures of a run", async () => {
  const config = smallConfig();
  const dataset = await loadDataset(tf, config.data);
  const vae = buildVae(tf, config, dataset);
  const source = { vae, dataset, config, metrics: [1, 2, 3].map(metrics) };

  test("leave no chart in memory", async () => {
    await drawPictures(tf, join(await temporaryFolder(), "pictures"), source);
    expect(Object.keys(Chart.instances)).toEqual([]);
  });

  test("have their sizes, are not blank, and show the data's own pixels", async () => {
    const cells = 10 * 84 + 9 * 4;
    const folder = join(await temporaryFolder(), "pictures");
    const files = await drawPictures(tf, folder, source);
    expect(files).toEqual(
      [
        ...["samples", "reconstructions", "interpolations", "traversal"],
        ...["latent-space", "training-curve"],
      ].map((name) => join(folder, `${name}.png`)),
    );
    const [samples, reconstructions, interpolations, traversal, latent, curve] = await Promise.all(
      files.map(readPng),
    );
    expect([interpolations!.width, interpolations!.height]).toEqual([
      48 + cells,
      112 + 22 + 6 * 84 + 5 * 4,
    ]);
    expect([traversal!.width, traversal!.height]).toEqual([
      48 + 112 + 9 * 84 + 8 * 4,
      112 + 22 + 4 * 84 + 3 * 4,
    ]);
    expect([latent!.width, latent!.height]).toEqual([2 * (48 + 760), 2 * (112 + 640)]);
    expect([samples!.width, samples!.height]).toEqual([48 + cells, 112 + 6 * 84 + 5 * 4]);
    expect([reconstructions!.width, reconstructions!.height]).toEqual([
      48 + 112 + cells,
      112 + 3 * (2 * 84 + 4) + 2 * 18,
    ]);
    expect([curve!.width, curve!.height]).toEqual([2 * (48 + 1240), 2 * (112 + 320)]);
    for (const { data } of [samples!, reconstructions!, interpolations!, latent!, curve!]) {
      expect(new Set(data).size).toBeGreaterThan(50);
    }

    const [item] = spreadRows(30, 200); // three rows of ten
    const original = dataset.test.slice([item!, 0, 0, 0], [1, 28, 28, 1]).dataSync();
    for (let y = 0; y < 28; y++) {
      for (let x = 0; x < 28; x++) {
        const grey = Math.round(255 * original[28 * y + x]!);
        const [left, top] = [24 + 112 + 3 * x, 24 + 64 + 3 * y];
        for (const corner of [0, 2]) {
          const pixel = reconstructions!.at(left + corner, top + corner);
          expect(pixel).toEqual([grey, grey, grey, 255]);
        }
      }
    }
  });

  test("are drawn for one epoch and for a few items, too", async () => {
    const few = { ...dataset, test: dataset.test.slice([0, 0, 0, 0], [3, 28, 28, 1]) };
    const folder = await temporaryFolder();
    await drawPictures(tf, folder, { ...source, dataset: few, metrics: [metrics(1)] });
    const { width, height } = await readPng(join(folder, "reconstructions.png"));
    expect([width, height]).toEqual([48 + 112 + 3 * 84 + 2 * 4, 112 + 2 * 84 + 4]);
  });
});

test.each([
  [2, true],
  [3, false],
])("a latent space of %d dimensions has a manifold: %s", async (size, has) => {
  const config = smallConfig({ latent: { size } });
  const dataset = await loadDataset(tf, config.data);
  const vae = buildVae(tf, config, dataset);
  const folder = join(await temporaryFolder(), "pictures");
  const source = { vae, dataset, config, metrics: [metrics(1)] };
  const files = await drawPictures(tf, folder, source);
  const manifold = join(folder, "manifold.png");
  expect(files.includes(manifold)).toBe(has);
  expect(existsSync(manifold)).toBe(has);
  if (has) {
    const { width, height, data } = await readPng(manifold);
    // 20 x 20 images of 28 pixels, enlarged twice, 1 pixel apart.
    const side = 20 * 56 + 19;
    expect([width, height]).toEqual([48 + 112 + side, 112 + 22 + side]);
    expect(new Set(data).size).toBeGreaterThan(50);
  }
  vae.dispose();
  dataset.dispose();
});

describe("grid", () => {
  test.each([
    [28, 3],
    [64, 1],
    [200, 1],
    [4, 21],
  ])("images of %d pixels are enlarged %d times", (side, scale) => {
    expect(gridScale([1, side, side - 1, 1])).toBe(scale);
  });

  test("colour pixels become blocks of their colour", () => {
    const values = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0.2, 0.4, 0.6);
    const context = createCanvas(100, 100).getContext("2d");
    drawRow(context, { values, shape: [1, 2, 2, 3] }, { first: 0, columns: 1, left: 0, top: 0 });
    const scale = gridScale([1, 2, 2, 3]);
    const at = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data];
    expect(at(scale - 1, scale - 1)).toEqual([255, 0, 0, 255]);
    expect(at(scale, 0)).toEqual([0, 255, 0, 255]);
    expect(at(0, scale)).toEqual([0, 0, 255, 255]);
    expect(at(2 * scale - 1, 2 * scale - 1)).toEqual([51, 102, 153, 255]);
  });
});
