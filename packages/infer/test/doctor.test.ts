/** The doctor: stages told from the texts that native code gives, and the command as it is installed. */
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { diagnose, type Failure, passedStages } from "../src/doctor/diagnose.js";
import { printReport } from "../src/doctor/print.js";
import type { DoctorReport } from "../src/doctor/types.js";

const BIN = fileURLToPath(new URL("../bin/vaeport-infer.js", import.meta.url));

const failure = (output: string, more: Partial<Failure> = {}): Failure => ({
  output,
  platform: "linux-x64",
  missingLibraries: [],
  ...more,
});

/** What onnxruntime-node 1.30 prints when the dynamic linker refuses a library. */
const notOpened = (library: string, provider = "libonnxruntime_providers_cuda.so") =>
  "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library\n" +
  "[E:onnxruntime:onnxruntime-node, provider_bridge_ort.cc:2146 Create] [ONNXRuntimeError] : 1 : FAIL : " +
  `Failed to load library /app/bin/napi-v6/linux/x64/${provider} with error: ${library}: ` +
  "cannot open shared object file: No such file or directory";

describe("cuda's stages, in the order in which a machine passes them", () => {
  const cases: [string, Failure, string, string][] = [
    ["another platform", failure("", { platform: "darwin-arm64" }), "platform", ""],
    [
      "no onnxruntime-node",
      failure("Cannot load onnxruntime-node, which runs the model."),
      "package",
      "npm install onnxruntime-node@1.30.0",
    ],
    [
      "no provider library in the folder",
      failure("", { missingLibraries: ["libonnxruntime_providers_cuda.so"] }),
      "provider-library",
      "vaeport-infer setup cuda",
    ],
    [
      "no provider library by the linker",
      failure(
        notOpened(
          "/app/bin/napi-v6/linux/x64/libonnxruntime_providers_shared.so",
          "libonnxruntime_providers_shared.so",
        ),
      ),
      "provider-library",
      "vaeport-infer setup cuda",
    ],
    ...["libcublasLt.so.13", "libcublas.so.13", "libcudart.so.13", "libcurand.so.10"].map(
      (library): [string, Failure, string, string] => [
        library,
        failure(notOpened(library)),
        "cuda-libraries",
        "vaeport-infer setup cuda",
      ],
    ),
    [
      "cuDNN, which is opened at run time",
      failure("libcudnn.so.9: cannot open shared object file: No such file or directory"),
      "cuda-libraries",
      "vaeport-infer setup cuda",
    ],
    ["no driver", failure(notOpened("libcuda.so.1")), "driver", "nvidia-driver"],
    [
      "a driver too old, or a stub",
      failure(
        "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0 ; hostname=a",
      ),
      "driver",
      "nvidia-driver",
    ],
    [
      "no device",
      failure("CUDA failure 100: no CUDA-capable device is detected ; GPU=0"),
      "device",
      "nvidia-smi",
    ],
  ];
  test.each(cases)("%s", (_, given, stage, command) => {
    const found = diagnose("cuda", given);
    expect(found.stage).toBe(stage);
    expect(found.commands.join("\n")).toContain(command);
    expect(found.commands.length > 0).toBe(command !== "");
  });

  test("a stage names those before it, which are there", () => {
    expect(passedStages("cuda", "driver")).toEqual([
      "platform",
      "package",
      "provider-library",
      "cuda-libraries",
    ]);
    expect(passedStages("cuda", "crash")).toEqual([]);
    expect(passedStages("webgpu", "adapter")).toEqual([]);
  });

  test("the missing library is named", () => {
    const { advice } = diagnose("cuda", failure(notOpened("libcublasLt.so.13")));
    expect(advice).toMatch(/^libcublasLt\.so\.13 missing\./);
  });
});

describe("other providers", () => {
  test.each([
    ["Failed to get a WebGPU adapter: No supported adapters", "adapter"],
    [
      "Warning: Couldn't load Vulkan\nFailed to get a WebGPU adapter: No supported adapters",
      "vulkan",
    ],
    ["something new", "unknown"],
  ])("webgpu: %j", (output, stage) => {
    expect(diagnose("webgpu", failure(output)).stage).toBe(stage);
  });

  test("a crash is told from an unknown reason", () => {
    const crashed = diagnose("webgpu", failure("", { crash: "SIGSEGV" }));
    expect(crashed).toMatchObject({ stage: "crash", advice: "The process ended with SIGSEGV." });
    expect(diagnose("dml", failure("no such thing")).stage).toBe("unknown");
  });
});

/** Runs the command in a folder that has nothing to do with this checkout. */
function run(...args: string[]): Promise<{ status: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: tmpdir() };
    execFile(process.execPath, [BIN, ...args], options, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe("the command", () => {
  test("reports on one provider, as JSON", async () => {
    const { status, stdout, stderr } = await run("doctor", "cpu", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = JSON.parse(stdout) as DoctorReport;
    expect(report).toMatchObject({
      platform: `${process.platform}-${process.arch}`,
      providers: [{ provider: "cpu", package: "onnxruntime-node", ok: true }],
    });
    expect(report.packages).toContainEqual({
      name: "onnxruntime-node",
      version: "1.30.0",
      wanted: "1.30.0",
    });
  });

  test("exits with 1 where the provider does not run, and says why", async () => {
    const { status, stdout } = await run("doctor", "coreml");
    if (process.platform === "darwin") return expect(status).toBe(0);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /coreml +does not run: platform\n.*\n +onnxruntime-node has coreml on macOS/,
    );
  });

  test("says of webnn that the package opens it nowhere", async () => {
    const { status, stdout } = await run("doctor", "webnn");
    expect(status).toBe(1);
    expect(stdout).toMatch(/webnn +does not run: platform\n.*\n.*this package opens nowhere/);
    expect(stdout).toContain(`; this is ${process.platform}-${process.arch}. `);
  });

  test.each([
    [[], "expected a command: doctor, setup, "],
    [["examine"], 'got "examine"'],
    [["doctor", "gpu"], "expected one of cpu, cuda"],
    [["doctor", "cpu", "cuda"], "one provider at most"],
    [["doctor", "--fast"], "--fast"],
    [["setup"], "expected cuda; got nothing"],
    [["setup", "rocm"], 'expected cuda; got "rocm"'],
  ])("refuses %j with 2", async (args, message) => {
    const { status, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  test("has help and a version", async () => {
    expect((await run("--help")).stdout).toMatch(/^Usage: vaeport-infer <command>/);
    expect((await run("doctor", "--help")).stdout).toMatch(/^Usage: vaeport-infer doctor/);
    expect((await run("setup", "-h")).stdout).toMatch(/^Usage: vaeport-infer setup cuda/);
    expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});

test("the report reads well", () => {
  const report: DoctorReport = {
    version: "1.0.0",
    node: "20.0.0",
    platform: "linux-x64",
    processors: 2,
    packages: [
      { name: "onnxruntime-node", version: "1.29.0", wanted: "1.30.0" },
      { name: "onnxruntime-web", version: null, wanted: "1.30.0" },
    ],
    providers: [
      {
        provider: "cpu",
        package: "onnxruntime-node",
        ok: true,
        milliseconds: 12.3,
        threads: null,
        notes: [],
      },
      {
        provider: "cuda",
        package: "onnxruntime-node",
        ok: false,
        milliseconds: 1,
        threads: null,
        notes: [],
        reason: "it failed",
        remedy: { stage: "device", advice: "No GPU.", commands: ["nvidia-smi"] },
        passed: ["cuda-libraries", "driver"],
      },
    ],
  };
  expect(printReport(report).split("\n")).toEqual([
    "@vaeport/infer 1.0.0 on Node 20.0.0, linux-x64, 2 processors",
    "onnxruntime-node 1.29.0  (tested with 1.30.0)",
    "onnxruntime-web is not installed  (tested with 1.30.0)",
    "",
    "cpu       runs (12 ms)",
    "cuda      does not run: device (there: cuda-libraries, driver)",
    "          it failed",
    "          No GPU.",
    "          $ nvidia-smi",
  ]);
});
