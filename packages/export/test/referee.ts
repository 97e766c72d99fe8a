/**
 * The reference ONNX checker, in Python: `onnx.checker.check_model(full_check=True)`, which
 * includes strict shape inference. Its packages are installed into the user's cache on first use.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installReferees, refereeFolder } from "../../../scripts/lib/referees.mjs";

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
  await installReferees();
  const folder = mkdtempSync(join(tmpdir(), "vaeport-referee-"));
  try {
    const paths = graphs.map((bytes, index) => {
      const path = join(folder, `${index}.onnx`);
      writeFileSync(path, bytes);
      return path;
    });
    const { status, stdout, stderr, error } = spawnSync("python3", ["-c", SCRIPT, ...paths], {
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: refereeFolder },
    });
    if (error !== undefined)
      throw new Error("python3 does not start; install it.", { cause: error });
    if (status !== 0 || stdout.trim() !== String(graphs.length)) {
      throw new Error(`The ONNX checker refused a graph: ${stderr || stdout}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
