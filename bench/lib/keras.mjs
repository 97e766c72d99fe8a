/**
 * Keras 3 with TensorFlow and tf2onnx, whose ONNX export the benchmark compares with. They live in the user's cache,
 * 2 GB; nothing else of the project needs them.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, createFolder } from "../../scripts/lib/folders.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { SetupError } from "../../scripts/lib/steps.mjs";

/** On Linux x86-64 the plain wheel is the CUDA build. */
const TENSORFLOW =
  process.platform === "linux" && process.arch === "x64" ? "tensorflow-cpu" : "tensorflow";

export const REQUIREMENTS = [
  "keras==3.15.1",
  `${TENSORFLOW}==2.21.0`,
  "tf2onnx==1.17.0",
  "onnx==1.23.2",
  "numpy==2.4.6",
];

const key = createHash("sha256").update(REQUIREMENTS.join()).digest("hex").slice(0, 12);

/** The folder to put on PYTHONPATH. */
export const kerasFolder = join(cacheFolder(), `bench-keras-${key}`);

/** Installs Keras on first use, without a virtual environment or system packages. */
export async function installKeras() {
  if (existsSync(kerasFolder)) return;
  await createFolder(kerasFolder, async (temporary) => {
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
        `python3 -m pip could not install ${REQUIREMENTS.join(", ")}. python3 (3.11 or newer) with pip and 3 GB of ` +
          "free disk are needed; on Debian or Ubuntu: apt-get install python3-pip",
      );
    }
  });
}
