/**
 * PyTorch, what the training benchmark compares with. It lives in the user's cache: 5 GB on Linux x86-64, where PyPI
 * has the CUDA build alone, and 1 GB elsewhere. Nothing else of the project needs it.
 */
import { installPackages, packageFolder } from "../../scripts/lib/python-packages.mjs";

const REQUIREMENTS = ["torch==2.13.0", "numpy==2.4.6"];

/** The folder to put on PYTHONPATH. */
export const pytorchFolder = packageFolder("bench-pytorch", REQUIREMENTS);

/** Installs PyTorch on first use; 10 GB of free disk are needed meanwhile. */
export async function installPyTorch() {
  await installPackages("bench-pytorch", REQUIREMENTS);
}
