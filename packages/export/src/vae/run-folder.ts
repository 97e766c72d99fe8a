/** Reads the folder that a training run leaves behind. */

import { parseRunSummary } from "@vaeport/infer/manifest";
import { inside, readBytes, readFolder, readIfThere } from "#files";
import { SourceError } from "../errors.js";
import { loadLayersModel } from "../source/load.js";
import { COLUMNS, type TrainedVae } from "./export-vae.js";

/**
 * Reads summary.json, encoder/model.json, decoder/model.json with their weights, pictures/, and columns.json where the
 * run was trained on a table.
 * Throws SourceError for what is missing or damaged, ManifestError for a summary that breaks its
 * format.
 */
export async function readRun(runFolder: string): Promise<TrainedVae> {
  const summary = parseRunSummary(await readJson(inside(runFolder, "summary.json")));
  const columns = await readIfThere(inside(runFolder, COLUMNS));
  return {
    summary,
    encoder: await loadLayersModel(inside(runFolder, "encoder/model.json")),
    decoder: await loadLayersModel(inside(runFolder, "decoder/model.json")),
    pictures: await readFolder(inside(runFolder, "pictures")),
    ...(columns && { columns }),
  };
}

async function readJson(location: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(location));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SourceError(`${location} is not JSON. Is this the folder of a finished run?`, {
      cause,
    });
  }
}
