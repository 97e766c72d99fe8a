/** Python packages in folders of the user's cache, without virtual environments or system packages. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, createFolder } from "./folders.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./steps.mjs";

/**
 * The folder that holds exactly these packages, to put on PYTHONPATH.
 *
 * @param {string} name
 * @param {readonly string[]} requirements
 */
export function packageFolder(name, requirements) {
  const key = createHash("sha256").update(requirements.join()).digest("hex").slice(0, 12);
  return join(cacheFolder(), `${name}-${key}`);
}

/**
 * Installs the packages on first use and gives their folder.
 *
 * @param {string} name
 * @param {readonly string[]} requirements
 * @param {{ alone?: readonly string[], finish?: (folder: string) => void }} [options] `alone`: packages to take without
 *   what they depend on; `finish` completes the folder
 */
export async function installPackages(name, requirements, { alone = [], finish } = {}) {
  const folder = packageFolder(name, [...requirements, ...alone]);
  if (existsSync(folder)) return folder;
  await createFolder(folder, async (temporary) => {
    await pipInstall(temporary, requirements);
    if (alone.length > 0) await pipInstall(temporary, ["--no-deps", ...alone]);
    finish?.(temporary);
  });
  return folder;
}

/**
 * @param {string} folder
 * @param {readonly string[]} args
 */
async function pipInstall(folder, args) {
  const options = ["--target", folder, "--only-binary=:all:", "--no-warn-conflicts", "--quiet"];
  if ((await run("python3", ["-m", "pip", "install", ...options, ...args])) === 0) return;
  throw new SetupError(
    `python3 -m pip could not install ${args.join(", ")}. python3 (3.11 or newer) with pip and free disk ` +
      "space are needed; on Debian or Ubuntu: apt-get install python3-pip",
  );
}
