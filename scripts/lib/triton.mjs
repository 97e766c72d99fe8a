/**
 * Triton Inference Server 2.51 for the nightly tests, from the wheel nvidia-pytriton: the real server, with its Python
 * backend alone.
 */
import { chmodSync, cpSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "./python-packages.mjs";
import { outputOf } from "./run.mjs";

/** The server's Python backend was built against numpy 1. */
const REQUIREMENTS = ["numpy==1.26.4", "onnxruntime==1.30.0"];
const SERVER = "nvidia-pytriton==0.7.0";

/** @typedef {{ binary: string, pythonBackend: string, env: Record<string, string> }} Triton */

/** Why the server does not run here; undefined where it does. */
export function tritonObstacle() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return `the wheel ${SERVER} is for Linux x86-64, this is ${process.platform} ${process.arch}`;
  }
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  );
  const glibc = report.header.glibcVersionRuntime ?? "none";
  const [major = 0, minor = 0] = glibc.split(".").map(Number);
  if (major < 2 || (major === 2 && minor < 35)) return `it needs glibc 2.35 or newer, got ${glibc}`;
  if (pythonLibrary() !== undefined) return undefined;
  return "it needs python3 3.8 to 3.13 with its shared library; on Debian or Ubuntu: apt-get install libpython3-dev";
}

/**
 * Installs the server on first use.
 *
 * @returns {Promise<Triton>}
 */
export async function installTriton() {
  const { version, folder } = /** @type {{ version: string, folder: string }} */ (pythonLibrary());
  const finish = (/** @type {string} */ at) => {
    const server = join(at, "pytriton", "tritonserver");
    chmodSync(join(server, "bin", "tritonserver"), 0o755);
    const stub = "triton_python_backend_stub";
    const target = join(server, "backends", "python", stub);
    cpSync(join(server, "python_backend_stubs", version, stub), target);
    chmodSync(target, 0o755);
  };
  const site = await installPackages(`triton-python${version}`, REQUIREMENTS, {
    alone: [SERVER],
    finish,
  });
  const server = join(site, "pytriton", "tritonserver");
  return {
    binary: join(server, "bin", "tritonserver"),
    pythonBackend: join(server, "backends", "python"),
    env: {
      LD_LIBRARY_PATH: [join(site, "nvidia_pytriton.libs"), folder].join(":"),
      PYTHONPATH: site,
    },
  };
}

/** Of the Python that runs here, the version and the folder of its shared library, which the server's backend loads. */
function pythonLibrary() {
  const found = outputOf("python3", ["-c", FIND_LIBRARY]);
  if (!found) return undefined;
  const [version = "", folder = ""] = found.split("\n");
  return { version, folder };
}

const FIND_LIBRARY = `
import ctypes, sys, sysconfig
version = "%d.%d" % sys.version_info[:2]
name = f"libpython{version}.so.1.0"
folder = sysconfig.get_config_var("LIBDIR")
try:
    ctypes.CDLL(f"{folder}/{name}")
except OSError:
    ctypes.CDLL(name)
    folder = ""
print(version, folder, sep="\\n")
`;
