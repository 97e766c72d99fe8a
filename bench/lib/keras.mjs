/**
 * Keras 3 with TensorFlow and tf2onnx, whose ONNX export the benchmark compares with. They live in the user's cache,
 * 2 GB; nothing else of the project needs them.
 */
import { installPackages, packageFolder } from "../../scripts/lib/python-packages.mjs";

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

/** The folder to put on PYTHONPATH. */
export const kerasFolder = packageFolder("bench-keras", REQUIREMENTS);

/** Installs Keras on first use. */
export async function installKeras() {
  await installPackages("bench-keras", REQUIREMENTS);
}
