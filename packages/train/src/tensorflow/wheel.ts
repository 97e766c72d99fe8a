/**
 * The native TensorFlow library out of the public Python wheel.
 *
 * The wheel holds the C API as a shared library and its headers; no Python code of it is used,
 * pip is the downloader. (The archive that tfjs-node's own install script asks for is no longer
 * served: tensorflow/tfjs#8742.)
 */
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cacheFolder } from "@vaeport/infer/files";
import { openPromise } from "yauzl";
import { createFolder, fileSize } from "./cache.js";
import { TensorFlowError } from "./errors.js";
import type { NativeLibrary } from "./library.js";
import { runCommand, tail } from "./run-command.js";

const VERSION = "2.21.0";

interface Wheel {
  project: string;
  /** The one platform tag that pip may choose. */
  tag: string;
  sha256: string;
  megabytes: number;
  /** The two libraries with their sizes in bytes: a folder where they differ is not whole. */
  libraries: Record<string, number>;
}

const WHEELS: Record<string, Wheel> = {
  "linux-x64": {
    project: "tensorflow-cpu",
    tag: "manylinux_2_27_x86_64",
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    megabytes: 274,
    libraries: {
      "libtensorflow_cc.so.2": 788086608,
      "libtensorflow_framework.so.2": 65222328,
    },
  },
  "linux-arm64": {
    project: "tensorflow",
    tag: "manylinux_2_27_aarch64",
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    megabytes: 277,
    libraries: {
      "libtensorflow_cc.so.2": 814885544,
      "libtensorflow_framework.so.2": 68176664,
    },
  },
  "darwin-arm64": {
    project: "tensorflow",
    tag: "macosx_12_0_arm64",
    sha256: "51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88",
    megabytes: 248,
    libraries: {
      "libtensorflow_cc.2.dylib": 691352648,
      "libtensorflow_framework.2.dylib": 49452976,
    },
  },
};

/** Headers of the C API and what they include; the other 13 000 of the wheel stay in it. */
const HEADERS =
  /^tensorflow\/(include\/(?:tensorflow\/c|tensorflow\/core\/platform|xla\/tsl\/c|tsl\/platform)\/.+\.h)$/;
const LIBRARIES = /^tensorflow\/(libtensorflow_(?:cc|framework)[^/]+)$/;

/**
 * Returns the library in the user's cache, fetched and unpacked on first use.
 *
 * @throws TensorFlowError for a platform without a wheel, without pip, disk or network.
 */
export async function provideWheel(log: (line: string) => void): Promise<NativeLibrary> {
  const wheel = wheelForThisPlatform();
  const folder = join(cacheFolder(), `tensorflow-${VERSION}-${process.platform}-${process.arch}`);
  if (!(await isWhole(folder, wheel))) {
    await rm(folder, { recursive: true, force: true });
    await createFolder(folder, async (temporary) => {
      await requireDiskSpace(temporary, wheel);
      log(`fetching ${wheel.project} ${VERSION} with pip (${wheel.megabytes} MB, once)`);
      const file = await download(wheel, join(temporary, "wheel"));
      log("unpacking the library and its headers");
      await unpack(file, temporary);
      await rm(dirname(file), { recursive: true });
    });
    if (!(await isWhole(folder, wheel))) {
      throw new TensorFlowError(
        `The unpacked library in ${folder} does not have the expected sizes. ` +
          "Remove that folder and run the set-up again.",
      );
    }
  }
  return {
    libraries: Object.keys(wheel.libraries).map((name) => join(folder, name)),
    include: join(folder, "include"),
  };
}

function wheelForThisPlatform(): Wheel {
  const platform = `${process.platform}-${process.arch}`;
  const wheel = WHEELS[platform];
  if (process.platform === "win32") {
    throw new TensorFlowError(
      "The Windows build of TensorFlow does not export the C API that tfjs-node needs. " +
        "Use the Windows Subsystem for Linux: run `wsl --install`, then this set-up inside it.",
    );
  }
  if (!wheel) {
    throw new TensorFlowError(
      `There is no TensorFlow ${VERSION} wheel for ${platform} (there is for: ` +
        `${Object.keys(WHEELS).join(", ")}). Set VAEPORT_LIBTENSORFLOW to a folder that holds a ` +
        "TensorFlow C library and its headers.",
    );
  }
  return wheel;
}

async function isWhole(folder: string, wheel: Wheel): Promise<boolean> {
  for (const [name, bytes] of Object.entries(wheel.libraries)) {
    if ((await fileSize(join(folder, name))) !== bytes) return false;
  }
  return (await fileSize(join(folder, "include/tensorflow/c/c_api.h"))) !== undefined;
}

async function requireDiskSpace(folder: string, wheel: Wheel): Promise<void> {
  const library = Object.values(wheel.libraries).reduce((sum, bytes) => sum + bytes, 0);
  const needed = library / 1e6 + wheel.megabytes + 50;
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / 1e6;
  if (free < needed) {
    throw new TensorFlowError(
      `The cache ${cacheFolder()} has ${Math.floor(free)} MB free, the library needs ` +
        `${Math.ceil(needed)} MB while it is unpacked. Free some, or set VAEPORT_CACHE to another folder.`,
    );
  }
}

/** Downloads the wheel into `folder`; pip checks the hash. */
async function download(wheel: Wheel, folder: string): Promise<string> {
  await mkdir(folder);
  const requirements = join(folder, "requirements.txt");
  await writeFile(requirements, `${wheel.project}==${VERSION} --hash=sha256:${wheel.sha256}\n`);
  const { status, output } = await runCommand(
    "python3",
    [
      ...["-m", "pip", "download", "--no-deps", "--require-hashes", "--no-cache-dir"],
      ...["--only-binary=:all:", "--implementation=cp", "--python-version=3.11"],
      ...[`--platform=${wheel.tag}`, `--dest=${folder}`, `--requirement=${requirements}`],
    ],
    { echo: true },
  );
  if (status !== 0) throw new TensorFlowError(explainPip(output));
  const name = (await readdir(folder)).find((file) => file.endsWith(".whl"));
  if (!name) throw new TensorFlowError(`pip left no wheel in ${folder}:\n${tail(output)}`);
  return join(folder, name);
}

function explainPip(output: string): string {
  if (/ENOENT|No module named pip/.test(output)) {
    return (
      "python3 with pip is needed to download TensorFlow's library (none of its Python code runs). " +
      "On Debian or Ubuntu: apt-get install python3-pip; on macOS: brew install python3"
    );
  }
  return (
    `pip could not download TensorFlow's library:\n${tail(output)}\n` +
    "Check the network and pip's settings (python3 -m pip config list), then run the set-up again; " +
    "or set VAEPORT_LIBTENSORFLOW to a folder that holds the library and its headers."
  );
}

/** Unpacks the two libraries and the C headers of the wheel into `folder`. */
async function unpack(wheel: string, folder: string): Promise<void> {
  const zip = await openPromise(wheel);
  try {
    for await (const entry of zip.eachEntry()) {
      const name = (HEADERS.exec(entry.fileName) ?? LIBRARIES.exec(entry.fileName))?.[1];
      if (!name) continue;
      const target = join(folder, name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
    }
  } finally {
    zip.close();
  }
}
