/** The soak of onnxruntime-node, in a process of its own. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cudaLibraryFolder } from "@vaeport/test/cuda";

/** Has glibc give freed memory back at once, so that what a process holds is what is in use. */
const MALLOC = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "65536",
};

const PROCESS = fileURLToPath(new URL("./node-process.mjs", import.meta.url));

/**
 * @typedef {object} SoakRequest
 * @property {string} model folder
 * @property {"ours" | "alone"} who
 * @property {number} rounds
 * @property {number} decodes in a round
 */

/**
 * The process's memory after every round.
 *
 * @param {SoakRequest & { provider: "cpu" | "cuda" }} request
 * @returns {Promise<Record<string, number>[]>}
 */
export async function soakNode(request) {
  const cuda = request.provider === "cuda" && { LD_LIBRARY_PATH: cudaLibraryFolder() };
  const child = spawn(process.execPath, ["--expose-gc", PROCESS, JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...MALLOC, ...cuda },
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  /** @type {Record<string, number>[]} */
  const rounds = [];
  for await (const text of createInterface(child.stdout)) rounds.push(JSON.parse(text));
  const status = await ended;
  if (status !== 0) throw new Error(`The soak of ${request.who} ended with status ${status}.`);
  return rounds;
}
