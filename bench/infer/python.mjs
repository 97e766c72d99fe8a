/** A Python process that decodes when told to. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { refereeFolder } from "../../scripts/lib/referees.mjs";
import { pytorchFolder } from "../lib/pytorch.mjs";

const script = fileURLToPath(new URL("python_worker.py", import.meta.url));

/** @typedef {{ milliseconds: number, first: number[] }} Answer `first`: the first item's values */

/**
 * @param {"onnxruntime" | "pytorch" | "pytorch-cuda"} engine
 * @param {string} decoder
 * @param {string} net
 */
export async function startPython(engine, decoder, net) {
  const child = spawn("python3", [script, engine, decoder, net], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PYTHONPATH: `${refereeFolder}:${pytorchFolder}` },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the Python process for ${engine} ended`);
    return JSON.parse(value);
  };
  await next();
  return {
    /**
     * @param {Float32Array} z
     * @param {number} items
     * @param {number} calls
     * @returns {Promise<Answer>}
     */
    async decode(z, items, calls) {
      child.stdin.write(`${JSON.stringify({ z: Array.from(z), items, calls })}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}
