/** Rows a second of `vaeport-infer encode` and `score` over many items, and the memory that they take. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededUint32 } from "@vaeport/infer/random";
import { repository } from "../../scripts/lib/folders.mjs";
import { shuffled, summarise } from "../lib/statistics.mjs";

const ROWS = 40_000;
const IMAGES = 4000;
const SIDE = 28;
const BIN = join(repository, "packages", "infer", "bin", "vaeport-infer.js");
const MODELS = { dense: "mnist-dense-20", conv: "mnist-conv-2" };
/** Prints the process's largest resident memory, in KiB, as it ends. */
const PRELOAD = `data:text/javascript,${encodeURIComponent(
  `process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS))`,
)}`;

/** @typedef {{ name: string, input: string, rows: number, args: string[] }} Case */

/** @param {import("./bench.mjs").Settings} settings */
export async function rows({ rounds }) {
  const folder = mkdtempSync(join(tmpdir(), "vaeport-bench-rows-"));
  try {
    const cases = await makeCases(folder);
    /** @type {Map<Case, { seconds: number, megabytes: number }[]>} */
    const runs = new Map(cases.map((each) => [each, []]));
    for (let round = 0; round < rounds; round++) {
      for (const each of shuffled(cases, 1, round)) runs.get(each)?.push(run(each));
    }
    const lines = [...runs].map(([{ name, input, rows }, measured]) => {
      const { median, low, high } = summarise(measured.map(({ seconds }) => rows / seconds));
      const peak = Math.max(...measured.map(({ megabytes }) => megabytes)).toFixed(0);
      const spread = `${low.toFixed(0)} to ${high.toFixed(0)}`;
      return `| ${[name, input, median.toFixed(0), spread, peak].join(" | ")} |`;
    });
    return `# Rows a second of vaeport-infer

The whole process, start and end included, over ${ROWS} items of 28 x 28 bytes, or ${IMAGES} PNG files of that size, in batches of
64; medians and quartiles of ${rounds} rounds in random order, provider cpu, all processors. Memory is the largest
resident set of any round.

| command | input | rows a second | quartiles | MB |
| --- | --- | ---: | --- | ---: |
${lines.join("\n")}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} folder
 * @returns {Promise<Case[]>}
 */
async function makeCases(folder) {
  const pixels = new Uint8Array(seededUint32(1, (ROWS * SIDE * SIDE) / 4).buffer);
  const array = join(folder, "x.npy");
  writeFileSync(array, npy(pixels));
  const images = join(folder, "images");
  await writeImages(images, pixels);
  const cases = Object.entries(MODELS).flatMap(([net, model]) =>
    ["encode", "score"].flatMap((command) =>
      [".npy", ".parquet"].map((type) => {
        const target = ["-o", join(folder, `out${type}`), "--force"];
        const args = [command, join(repository, "models", model), array, ...target];
        return { name: `${command}, ${net}, into ${type}`, input: ".npy", rows: ROWS, args };
      }),
    ),
  );
  const args = ["encode", join(repository, "models", MODELS.dense), images];
  const name = "encode, dense, into .parquet";
  const target = ["-o", join(folder, "out.parquet"), "--force"];
  return [...cases, { name, input: "PNG", rows: IMAGES, args: [...args, ...target] }];
}

/** @param {Uint8Array} pixels */
function npy(pixels) {
  const shape = `(${ROWS}, ${SIDE}, ${SIDE}, 1)`;
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text}\n`, "latin1");
  return Buffer.concat([head, pixels]);
}

/**
 * @param {string} folder
 * @param {Uint8Array} pixels
 */
async function writeImages(folder, pixels) {
  // An optional peer of the package, installed there for its tests.
  const sharp = createRequire(join(repository, "packages", "infer", "package.json"))("sharp");
  mkdirSync(folder);
  const size = SIDE * SIDE;
  for (let image = 0; image < IMAGES; image++) {
    const raw = { raw: { width: SIDE, height: SIDE, channels: 1 } };
    const bytes = pixels.subarray(image * size, (image + 1) * size);
    await sharp(bytes, raw)
      .png()
      .toFile(join(folder, `${image}.png`));
  }
}

/** @param {Case} each */
function run({ args }) {
  const started = performance.now();
  const all = ["--import", PRELOAD, BIN, ...args];
  const { status, stderr } = spawnSync(process.execPath, all, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`vaeport-infer ${args.join(" ")} ended with ${status}\n${stderr}`);
  const peak = Number(/peak (\d+)/.exec(stderr)?.[1]);
  return { seconds: (performance.now() - started) / 1000, megabytes: (peak * 1024) / 1e6 };
}
