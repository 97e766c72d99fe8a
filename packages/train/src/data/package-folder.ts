/** Finds the npm packages that hold data. They are optional: a training names the one that it needs. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { MissingPackageError } from "../errors.js";

/** @throws MissingPackageError with the command that installs the package */
export function packageFolder(name: string, version: string, purpose: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch (cause) {
    throw new MissingPackageError(name, version, purpose, { cause });
  }
}
