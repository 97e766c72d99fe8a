/** What is timed: every variant is a program that trains when told to (`workers/serve.mjs` has the protocol). */
import { fileURLToPath } from "node:url";
import { pytorchFolder } from "../lib/pytorch.mjs";
import { KINDS } from "./nets.mjs";

/** @typedef {import("./nets.mjs").NetName} NetName */

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {"eager" | "compile" | "tfjs" | "vaeport" | "bound"} group "bound" does only a part of the work
 * @property {string} title
 * @property {NetName[]} nets
 * @property {string} command
 * @property {string[]} args followed by the net's name
 * @property {Record<string, string>} env
 */

/** @type {NetName[]} */
const BOTH = ["dense", "conv"];

/** @type {NetName[]} */
const ALL = [...BOTH, ...KINDS];

/** The first is the baseline. @type {[Variant, ...Variant[]]} */
export const VARIANTS = [
  pytorch("eager", "PyTorch eager, default Adam", ALL, ""),
  pytorch("eager-fused", "PyTorch eager, fused Adam", ALL, "--fused"),
  pytorch("eager-last", "PyTorch eager, default Adam, channels_last", ["conv"], "--channels-last"),
  pytorch(
    "eager-fused-last",
    "PyTorch eager, fused Adam, channels_last",
    ["conv"],
    "--fused --channels-last",
  ),
  pytorch("compile", "torch.compile, fused Adam", BOTH, "--fused --compile=loss"),
  pytorch(
    "compile-cpp",
    "torch.compile, fused Adam, cpp_wrapper",
    ["dense"],
    "--fused --compile=cpp",
  ),
  pytorch(
    "compile-tuned",
    "torch.compile, fused Adam, max-autotune",
    ["dense"],
    "--fused --compile=tuned",
  ),
  pytorch("compile-all", "torch.compile, default Adam compiled too", ["dense"], "--compile=all"),
  pytorch(
    "compile-last",
    "torch.compile, fused Adam, channels_last",
    ["conv"],
    "--fused --compile=loss --channels-last",
  ),
  pytorch(
    "compile-tuned-last",
    "torch.compile, fused Adam, max-autotune, channels_last",
    ["conv"],
    "--fused --compile=tuned --channels-last",
  ),
  javascript("tfjs", "tfjs", "tf.js: variableGrads, tf.train.adam", "plain-tfjs.mjs"),
  javascript("vaeport-eager", "vaeport", "vaeport: its loop, eager", "train-epochs.mjs", "eager"),
  {
    ...javascript("vaeport", "vaeport", "vaeport: its loop", "train-epochs.mjs", "captured"),
    nets: ALL,
  },
  javascript(
    "vaeport-lent",
    "vaeport",
    "vaeport: its loop, the data lent to each call",
    "train-epochs.mjs",
    ...["captured", "0"],
  ),
  javascript("captured", "vaeport", "vaeport: captured step, one a call", "captured.mjs", "1"),
  javascript("captured-12", "vaeport", "vaeport: captured step, 12 a call", "captured.mjs", "12"),
  javascript("products", "bound", "its matrix products and convolutions alone", "products.mjs"),
];

/**
 * @param {string} name
 * @param {string} title
 * @param {NetName[]} nets
 * @param {string} options of pytorch.py, separated by spaces
 * @returns {Variant}
 */
function pytorch(name, title, nets, options) {
  const group = options.includes("--compile") ? "compile" : "eager";
  const args = [worker("pytorch.py"), ...options.split(" ").filter(Boolean)];
  const env = { PYTHONPATH: pytorchFolder, TORCHINDUCTOR_COMPILE_THREADS: "1" };
  return { name, group, title, nets, command: "python3", args, env };
}

/**
 * @param {string} name
 * @param {Variant["group"]} group
 * @param {string} title
 * @param {string} file
 * @param {string[]} args
 * @returns {Variant}
 */
function javascript(name, group, title, file, ...args) {
  const command = process.execPath;
  return { name, group, title, nets: BOTH, command, args: [worker(file), ...args], env: {} };
}

/** @param {string} file */
function worker(file) {
  return fileURLToPath(new URL(`workers/${file}`, import.meta.url));
}
