/** Files outside Node, behind `#files`: addresses can be read, folders are for Node. */
import { ExportError } from "../errors.js";
import { sha256 } from "../sha256.js";
import { type ByteFile, memoryFile } from "./chunks.js";
import { fetchBytes, isUrl } from "./fetch.js";

export { type ByteFile, type ByteSource, joinFiles, readPieces } from "./chunks.js";

/** The bytes behind an address, which may be relative to the page. */
export function readBytes(location: string): Promise<Uint8Array> {
  return fetchBytes(location);
}

/** The address of `name` in the same folder as `location`. */
export function beside(location: string, name: string): string {
  if (isUrl(location)) return new URL(name, location).href;
  return location.replace(/[^/]*$/, name);
}

/** The address of `name` inside a folder. */
export function inside(folder: string, name: string): string {
  return beside(folder.replace(/\/?$/, "/"), name);
}

export function readIfThere(path: string): never {
  throw needsNode(`Looking for ${path}`);
}

export function readFolder(folder: string): never {
  throw needsNode(`Reading the folder ${folder}`);
}

export async function openFile(location: string): Promise<ByteFile> {
  return memoryFile(await fetchBytes(location));
}

export async function sha256Of(pieces: Iterable<Uint8Array>): Promise<string> {
  const blob = new Blob(Array.from(pieces, (piece) => piece.slice()));
  return sha256(new Uint8Array(await blob.arrayBuffer()));
}

export function nameOf(path: string): string {
  return path.replace(/^.*\//, "");
}

export function needFree(paths: readonly string[]): never {
  throw needsNode(`Writing ${paths.join(", ")}`);
}

export function writeFilesWhole(files: readonly { path: string }[]): never {
  return needFree(files.map(({ path }) => path));
}

export function writeFolderWhole(folder: string): never {
  throw needsNode(`Writing the folder ${folder}`);
}

function needsNode(action: string): ExportError {
  return new ExportError(
    `${action} needs Node. Here, load the models with tf.loadLayersModel and use what exportOnnx or exportVae returns.`,
  );
}
