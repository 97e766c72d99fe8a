/**
 * The Python packages that referee the tests: the ONNX checker, Python's ONNX Runtime, Triton's schema.
 * Nothing that users install needs Python.
 */
import { installPackages, packageFolder } from "./python-packages.mjs";

/** onnxruntime at the version of the npm packages. */
const REQUIREMENTS = [
  "onnx==1.23.2",
  "onnxruntime==1.30.0",
  "numpy==2.4.6",
  "tritonclient==2.73.0", // for the schema of config.pbtxt
];

/** The folder to put on PYTHONPATH. */
export const refereeFolder = packageFolder("referees", REQUIREMENTS);

/** Installs the referees on first use. */
export async function installReferees() {
  await installPackages("referees", REQUIREMENTS);
}
