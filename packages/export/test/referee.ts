/**
 * The reference ONNX checker, in Python: `onnx.checker.check_model(full_check=True)`, which
 * includes strict shape inference. Its packages are installed into the user's cache on first use.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPython } from "./support/python.js";

const SCRIPT = `
import sys, onnx
for path in sys.argv[1:]:
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:
        sys.exit(f"{path}: {error}")
print(len(sys.argv) - 1)
`;

/** Checks all graphs in one Python process; throws the checker's message on a refusal. */
export async function checkOnnx(graphs: readonly Uint8Array[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "vaeport-referee-"));
  try {
    const paths = graphs.map((bytes, index) => {
      const path = join(folder, `${index}.onnx`);
      writeFileSync(path, bytes);
      return path;
    });
    const checked = (await runPython(SCRIPT, paths)).trim();
    if (checked !== String(graphs.length)) throw new Error(`it checked ${checked} graphs`);
  } catch (cause) {
    throw new Error(`The ONNX checker refused a graph: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
