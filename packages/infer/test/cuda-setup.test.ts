/**
 * `vaeport-infer setup cuda` on a machine without a GPU. Nightly, since it fetches 1.6 GB: after it nothing is missing but
 * the driver, and with a stub in the driver's place CUDA itself says that it is of no use.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DoctorReport } from "../src/doctor/types.js";
import type { CudaSetup } from "../src/setup/cuda.js";
import { explain } from "../src/setup/pip.js";
import { KEPT, WHEELS } from "../src/setup/wheels.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const NATIVE = `bin/napi-v6/${process.platform}/${process.arch}`;

/** A driver that serves no version of CUDA. */
const STUB = `int cuInit(unsigned flags) { return 100; }
int cuDriverGetVersion(int *version) { *version = 0; return 0; }
int cuTensorMapEncodeTiled(void) { return 100; }
`;

describe("wheels", () => {
  test("are pinned, one of each", () => {
    expect(new Set(WHEELS.map(({ project }) => project)).size).toBe(WHEELS.length);
    for (const { sha256 } of WHEELS) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ["onnxruntime/capi/libonnxruntime_providers_cuda.so", true],
    ["onnxruntime/capi/libonnxruntime.so.1.30.0", false],
    ["onnxruntime/capi/libonnxruntime_providers_tensorrt.so", false],
    ["nvidia/cu13/lib/libcudart.so.13", true],
    ["nvidia/cudnn/lib/libcudnn_ops.so.9", true],
    ["nvidia/cu13/include/cuda.h", false],
    ["nvidia/cu13/lib/../../../libx.so", false],
  ])("%s: kept %s", (path, kept) => expect(KEPT.test(path)).toBe(kept));
});

describe("pip's failures", () => {
  test.each([
    ["spawn python3 ENOENT", "apt-get install python3-pip"],
    ["/usr/bin/python3: No module named pip", "apt-get install python3-pip"],
    ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "SHA-256"],
    ["ERROR: No matching distribution found for nvidia-cublas==13.10.0.20", "nvidia-cublas"],
  ])("%s", (output, advice) => expect(explain(output)).toContain(advice));
});

/** An app with the packages in node_modules of its own, so that the links end with it. */
function makeApp(): string {
  const app = mkdtempSync(join(tmpdir(), "vaeport-cuda-"));
  const modules = join(app, "node_modules");
  const require = createRequire(import.meta.url);
  const ort = dirname(require.resolve("onnxruntime-node/package.json"));
  const common = dirname(createRequire(join(ort, "package.json")).resolve("onnxruntime-common"));
  for (const part of ["package.json", "bin", "dist"]) {
    cpSync(join(PACKAGE, part), join(modules, "@vaeport/infer", part), { recursive: true });
  }
  for (const part of ["package.json", "dist"]) {
    cpSync(join(ort, part), join(modules, "onnxruntime-node", part), { recursive: true });
  }
  const native = join(modules, "onnxruntime-node", NATIVE);
  mkdirSync(native, { recursive: true });
  for (const name of readdirSync(join(ort, NATIVE))) {
    // A machine with a GPU has the provider already; this app starts without.
    if (!/provider|vaeport/.test(name)) cpSync(join(ort, NATIVE, name), join(native, name));
  }
  const root = common.slice(
    0,
    common.lastIndexOf("onnxruntime-common") + "onnxruntime-common".length,
  );
  cpSync(root, join(modules, "onnxruntime-common"), { recursive: true });
  return app;
}

const supported = process.platform === "linux" && process.arch === "x64";
if (supported && process.env.VAEPORT_NIGHTLY)
  describe("the set-up, for real", () => {
    let app: string;
    beforeAll(() => {
      app = makeApp();
    });
    afterAll(() => rmSync(app, { recursive: true, force: true }));

    /** Runs `vaeport-infer` of that app. */
    function run(args: string[], env: Record<string, string> = {}) {
      const bin = join(app, "node_modules/@vaeport/infer/bin/vaeport-infer.js");
      const options = {
        cwd: app,
        env: { ...process.env, VAEPORT_CACHE: join(app, "cache"), ...env },
        maxBuffer: 2 ** 26,
      };
      return new Promise<{ stdout: string; stderr: string }>((resolve) => {
        execFile(process.execPath, [bin, ...args], options, (_, stdout, stderr) =>
          resolve({ stdout, stderr }),
        );
      });
    }

    const examine = async (env?: Record<string, string>) => {
      const { stdout } = await run(["doctor", "cuda", "--json"], env);
      return (JSON.parse(stdout) as DoctorReport).providers[0]!;
    };

    test("before it, the provider library is missing", async () => {
      expect(await examine()).toMatchObject({ remedy: { stage: "provider-library" } });
    });

    test("fetches, links, and does neither twice", async () => {
      const first = await run(["setup", "cuda", "--json"]);
      expect(first.stderr).toContain("Fetching 8 wheels");
      expect(JSON.parse(first.stdout) as CudaSetup).toMatchObject({ fetched: true });
      const again = JSON.parse((await run(["setup", "cuda", "--json"])).stdout) as CudaSetup;
      expect(again.fetched).toBe(false);
      expect(again.linked).toHaveLength(1);
      expect(readdirSync(join(app, "cache"))).toHaveLength(1);
    });

    test("then only the driver is missing", async () => {
      const found = await examine();
      if (existsSync("/proc/driver/nvidia")) return expect(found.ok).toBe(true);
      expect(found).toMatchObject({
        ok: false,
        reason: expect.stringContaining("libcuda.so.1: cannot open shared object file"),
        remedy: { stage: "driver" },
        passed: ["platform", "package", "provider-library", "cuda-libraries"],
      });
    });

    test("with a stub driver the provider loads, and CUDA calls the driver insufficient", async () => {
      const source = join(app, "stub.c");
      writeFileSync(source, STUB);
      const library = join(app, "libcuda.so.1");
      const options = ["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", library, source];
      await new Promise((resolve, reject) =>
        execFile("cc", options, (error) => (error ? reject(error) : resolve(undefined))),
      );
      expect(await examine({ LD_LIBRARY_PATH: app })).toMatchObject({
        ok: false,
        reason: expect.stringContaining("CUDA failure 35"),
        remedy: { stage: "driver", advice: expect.stringContaining("older than CUDA 13 asks for") },
      });
    });
  });
