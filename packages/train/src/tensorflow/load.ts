/** Loads tfjs-node: the only place of the package that does. */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import { findTfjsNode, MUTE_STDERR } from "./binding.js";
import { TensorFlowError } from "./errors.js";
import { correctPointwiseGradient } from "./pointwise-gradient.js";

/** The module `@tensorflow/tfjs-node`. */
export type TensorFlow = typeof import("@tensorflow/tfjs-node");

/** What every message about an unusable native library ends with. */
const SETUP_REMEDY = "Run: npx -p @vaeport/train vaeport-train setup";

/**
 * Returns tfjs-node on its native backend.
 *
 * TensorFlow's start-up notices are silenced unless `TF_CPP_MIN_LOG_LEVEL` is 0 or 1, and its oneDNN kernels
 * (convolutions 5 to 20 % faster) are on unless `TF_ENABLE_ONEDNN_OPTS` is set. TensorFlow reads both when it is
 * loaded, on the main thread: a worker's `process.env` does not reach native code. One kernel of tf.js is replaced, whose
 * gradient is wrong: see `correctPointwiseGradient`.
 *
 * @throws TensorFlowError when the package or its native library is missing or does not load.
 */
export async function loadTensorFlow(): Promise<TensorFlow> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  const stderr = Number(process.env.TF_CPP_MIN_LOG_LEVEL) >= 2 ? findMute() : undefined;
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
  provideRemovedUtilities();
  let tf: TensorFlow;
  stderr?.mute();
  try {
    tf = createRequire(import.meta.url)("@tensorflow/tfjs-node") as TensorFlow;
  } catch (cause) {
    throw new TensorFlowError(explainFailedLoad(cause), { cause });
  } finally {
    stderr?.restore();
  }
  await tf.ready();
  if (tf.getBackend() !== "tensorflow") {
    throw new TensorFlowError(
      `tfjs-node chose the backend "${tf.getBackend()}" instead of "tensorflow". ${SETUP_REMEDY}`,
    );
  }
  correctPointwiseGradient(tf);
  return tf;
}

interface Mute {
  mute(): void;
  restore(): void;
}

/** Our helper beside a binding that our set-up compiled; without it the notices are shown. */
function findMute(): Mute | undefined {
  try {
    const folder = dirname(realpathSync(findTfjsNode().binding));
    return createRequire(import.meta.url)(join(folder, MUTE_STDERR)) as Mute;
  } catch {
    return undefined;
  }
}

/**
 * tfjs-node 4.22 calls two functions that Node 22 warns of and Node 23 removed from `node:util`.
 * The repair was merged upstream (tensorflow/tfjs#8425) but not released.
 */
function provideRemovedUtilities(): void {
  const target = util as { isNullOrUndefined?: unknown; isArray?: unknown };
  target.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  target.isArray = Array.isArray;
}

function explainFailedLoad(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message.trim() : String(cause);
  if (/Cannot find module '@tensorflow\/tfjs-node'/.test(reason)) {
    return (
      "The package @tensorflow/tfjs-node is not installed. " +
      "Run: npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0 (its own install script " +
      `cannot fetch the library any more), then: ${SETUP_REMEDY.replace("Run: ", "")}`
    );
  }
  return `tfjs-node's native library does not load: ${reason.split("\n")[0]} ${SETUP_REMEDY}`;
}
