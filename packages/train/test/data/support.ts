/** What the suites of data from files need: files, and what is loaded or refused of them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError, type Dataset, loadDataset, type TrainConfigInput } from "@vaeport/train";
import { expect } from "vitest";
import { temporaryFolder, tf } from "../support.js";

type Data = TrainConfigInput["data"];

/** Writes files into a new folder and gives their paths. */
export async function files<K extends string>(
  contents: Record<K, string | Uint8Array>,
): Promise<Record<K, string>> {
  const folder = await temporaryFolder();
  const paths = Object.entries(contents).map(async ([name, content]) => {
    await writeFile(join(folder, name), content as string | Uint8Array);
    return [name, join(folder, name)];
  });
  return Object.fromEntries(await Promise.all(paths));
}

export async function load(data: Data): Promise<Dataset & { values: number[][] }> {
  const dataset = await loadDataset(tf, data);
  const values = [dataset.train, dataset.test].map((set) => [...set.dataSync()]);
  dataset.dispose();
  return { ...dataset, values };
}

export async function refused(data: Data): Promise<string> {
  const error = await loadDataset(tf, data).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

/** Writes a .npy file of bytes or float32. */
export async function writeNpy(
  file: string,
  shape: readonly number[],
  values: Uint8Array | Float32Array,
): Promise<void> {
  const type = values instanceof Uint8Array ? "|u1" : "<f4";
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const start = Buffer.from(`\u0093NUMPY\u0001\u0000v\u0000${header.padEnd(117)}\n`, "latin1");
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  await writeFile(file, Buffer.concat([start, bytes]));
}
