/** Ray and what its jobs in examples/ray import, for the nightly tests. */
import { installPackages } from "./python-packages.mjs";

const REQUIREMENTS = [
  "ray[data]==2.60.0",
  "pyarrow==26.0.1",
  "onnxruntime==1.30.0",
  "numpy==2.4.6",
];

/** Installs them on first use, and gives the folder to put on PYTHONPATH. */
export function installRay() {
  return installPackages("ray", REQUIREMENTS);
}
