/** A native TensorFlow library on disk, and how one that the user has is recognised. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TensorFlowError } from "./errors.js";

export interface NativeLibrary {
  /** Absolute paths of the shared libraries that the binding links, all in one folder. */
  libraries: string[];
  /** The folder that holds `tensorflow/c/c_api.h`. */
  include: string;
}

/** Names of the C API's library (the wheel's, the C archive's) and of the one it needs. */
const [CORE, FRAMEWORK] =
  process.platform === "darwin"
    ? [
        ["libtensorflow_cc.2.dylib", "libtensorflow.2.dylib", "libtensorflow.dylib"],
        ["libtensorflow_framework.2.dylib", "libtensorflow_framework.dylib"],
      ]
    : [
        ["libtensorflow_cc.so.2", "libtensorflow.so.2", "libtensorflow.so"],
        ["libtensorflow_framework.so.2", "libtensorflow_framework.so"],
      ];

/**
 * Recognises TensorFlow in `folder`, laid out as the C archive (`lib/`, `include/`) or as an
 * installed wheel (`site-packages/tensorflow`).
 *
 * @throws TensorFlowError naming what is missing.
 */
export function findLibrary(folder: string): NativeLibrary {
  const where = [folder, join(folder, "lib")];
  const find = (names: string[]) =>
    where
      .flatMap((place) => names.map((name) => join(place, name)))
      .find((path) => existsSync(path));
  const core = find(CORE);
  const framework = find(FRAMEWORK);
  const include = join(folder, "include");
  const header = join(include, "tensorflow", "c", "c_api.h");
  const missing = [
    ...(core ? [] : [CORE.join(" or ")]),
    ...(framework ? [] : [FRAMEWORK.join(" or ")]),
    ...(existsSync(header) ? [] : [header]),
  ];
  if (!core || !framework || missing.length > 0) {
    throw new TensorFlowError(
      `VAEPORT_LIBTENSORFLOW=${folder} lacks ${missing.join("; ")}. Point it at an unpacked ` +
        "libtensorflow archive or at site-packages/tensorflow, or unset it to fetch the library.",
    );
  }
  return { libraries: [core, framework], include };
}
