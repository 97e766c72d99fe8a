/**
 * PyTorch, what the training benchmark compares with. It lives in the user's cache: 5 GB on Linux x86-64, where PyPI
 * has the CUDA build alone, and 1 GB elsewhere. Nothing else of the project needs it.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, createFolder } from "../../scripts/lib/folders.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { SetupError } from "../../scripts/lib/steps.mjs";

const REQUIREMENTS = ["torch==2.13.0", "numpy==2.4.6"];

const key = createHash("sha256").update(REQUIREMENTS.join()).digest("hex").slice(0, 12);

/** The folder to put on PYTHONPATH. */
export const pytorchFolder = join(cacheFolder(), `bench-pytorch-${key}`);

/** Installs PyTorch on first use, without a virtual environment or system packages. */
export async function installPyTorch() {
  if (existsSync(pytorchFolder)) return;
  await createFolder(pytorchFolder, async (temporary) => {
    const options = [
      "--target",
      temporary,
      "--only-binary=:all:",
      "--no-cache-dir",
      "--no-warn-conflicts",
      "--quiet",
    ];
    if ((await run("python3", ["-m", "pip", "install", ...options, ...REQUIREMENTS])) !== 0) {
      throw new SetupError(
        `python3 -m pip could not install ${REQUIREMENTS.join(", ")}. python3 (3.11 or newer) with pip and 10 GB of ` +
          "free disk are needed; on Debian or Ubuntu: apt-get install python3-pip",
      );
    }
  });
}
