/** Python's ONNX Runtime, behind the ONNX checker, as one more runtime under the contract. */
import { fileURLToPath } from "node:url";
import { type RuntimeCase, runInProcess } from "@vaeport/test/parity";
import { refereeFolder } from "../../scripts/lib/referees.mjs";

const script = fileURLToPath(new URL("../referee/run_model.py", import.meta.url));

export const pythonRuntime: RuntimeCase = {
  name: "Python onnxruntime (referee)",
  provider: "CPUExecutionProvider",
  run: (request) =>
    runInProcess(
      ["python3", script],
      { ...request, provider: "cpu" },
      { PYTHONPATH: refereeFolder },
    ),
};
