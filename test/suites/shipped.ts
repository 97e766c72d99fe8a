/** The shipped models. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of `@vaeport/models`. */
export const shippedFolder = fileURLToPath(new URL("../../models/", import.meta.url));

/** Their names, which are those of their folders and configs. */
export const shippedModels = readdirSync(shippedFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
  .map((entry) => entry.name);
