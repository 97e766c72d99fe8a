/**
 * The Python packages that referee the tests: the ONNX checker, Python's ONNX Runtime, Triton's schema.
 * They live in the user's cache; nothing that users install needs Python.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, createFolder } from "./folders.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./steps.mjs";

/** onnxruntime at the version of the npm packages. */
const REQUIREMENTS = [
  "onnx==1.23.2",
  "onnxruntime==1.30.0",
  "numpy==2.4.6",
  "tritonclient==2.73.0", // for the schema of config.pbtxt
];

const key = createHash("sha256").update(REQUIREMENTS.join()).digest("hex").slice(0, 12);

/** The folder to put on PYTHONPATH. */
export const refereeFolder = join(cacheFolder(), `referees-${key}`);

/** Installs the referees on first use, without a virtual environment or system packages. */
export async function installReferees() {
  if (existsSync(refereeFolder)) return;
  await createFolder(refereeFolder, async (temporary) => {
    const options = [
      "--target",
      temporary,
      "--only-binary=:all:",
      "--no-warn-conflicts",
      "--quiet",
    ];
    if ((await run("python3", ["-m", "pip", "install", ...options, ...REQUIREMENTS])) !== 0) {
      throw new SetupError(
        `python3 -m pip could not install ${REQUIREMENTS.join(", ")}. python3 (3.11 or newer) with ` +
          "pip is needed by the tests; on Debian or Ubuntu: apt-get install python3-pip",
      );
    }
  });
}
