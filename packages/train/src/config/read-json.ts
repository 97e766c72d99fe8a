/** JSON files that a person writes. */
import { readFile } from "node:fs/promises";
import { ConfigError } from "../errors.js";

/** @throws ConfigError when the file cannot be read or is not JSON */
export async function readJson(file: string): Promise<unknown> {
  try {
    const text = await readFile(file, "utf8");
    return JSON.parse(text.replace(/^\uFEFF/, "")); // editors on Windows begin a file with a mark
  } catch (cause) {
    const message =
      cause instanceof SyntaxError
        ? `not valid JSON (${cause.message})`
        : `cannot be read (${(cause as Error).message}); give the path of a JSON file`;
    throw new ConfigError(file, [{ path: "", message }], { cause });
  }
}
