/** Writes a model folder: vae.json, graphs, model card, pictures; all of it or nothing. */
import { writeFolderWhole } from "#files";
import { COLUMNS, type ExportedVae } from "./export-vae.js";
import { modelCard } from "./model-card.js";

/** What becomes of what is there already. */
export interface WriteOptions {
  /** Replace a model folder that is there already. */
  force?: boolean;
}

/** Throws TargetError where the folder exists, and with `force` if it is no model folder. */
export async function writeModelFolder(
  folder: string,
  { manifest, files, pictures, columns }: ExportedVae,
  { force = false }: WriteOptions = {},
): Promise<void> {
  const text = (content: string) => new TextEncoder().encode(content);
  const placed = Object.entries(pictures).map(([name, bytes]) => [`pictures/${name}`, bytes]);
  const contents: Record<string, Uint8Array> = {
    "vae.json": text(`${JSON.stringify(manifest, null, 2)}\n`),
    ...files,
    ...(columns && { [COLUMNS]: columns }),
    "README.md": text(modelCard(manifest, Object.keys(pictures), columns !== undefined)),
    ...Object.fromEntries(placed),
  };
  writeFolderWhole(folder, contents, { force, mark: "vae.json" });
}
