/** The command line: what it writes, what it says, and with which exit code. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportOnnx } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkExport } from "../src/cli/check.js";
import { readModel } from "./support/onnx.js";
import { saveModel } from "./support/save.js";
import { sequential, tfl } from "./support/tf.js";
import { denseVae, summaryOf } from "./support/vaes.js";

const bin = fileURLToPath(new URL("../bin/vaeport-export.js", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "vaeport-cli-"));
const at = (...parts: string[]) => join(scratch, ...parts);

beforeAll(async () => {
  const model = sequential([4], [tfl.layers.dense({ name: "dense", units: 3 })]);
  await saveModel(model, at("layers"));
  await saveModel(model, at("truncated"));
  writeFileSync(at("truncated", "group1-shard1of1.bin"), "short");
  await saveModel(
    sequential(
      [4],
      [tfl.layers.categoryEncoding({ name: "encode", numTokens: 2, outputMode: "multiHot" })],
    ),
    at("refused"),
  );
  const { encoder, decoder } = denseVae(8, 11, 3);
  await saveModel(encoder, at("run", "encoder"));
  await saveModel(decoder, at("run", "decoder"));
  writeFileSync(at("run", "summary.json"), JSON.stringify(summaryOf(8, 1, 3)));
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Result {
  code: number | null;
  output: string;
  errors: string;
}

function vaeportExport(...args: string[]): Promise<Result> {
  return node(bin, ...args);
}

function node(...args: string[]): Promise<Result> {
  const child = spawn(process.execPath, args, { timeout: 50_000, killSignal: "SIGKILL" });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (errors += data));
  return new Promise((done) => child.on("close", (code) => done({ code, output, errors })));
}

test("exports a model.json, quietly", async () => {
  const file = at("out", "model.onnx");
  const { code, output, errors } = await vaeportExport(at("layers", "model.json"), "-o", file);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(output).toMatch(
    /model\.onnx: \d+ bytes, 1 node\n {2}inputs {2}x \[N, 4\]\n {2}outputs dense \[N, 3\]\n$/,
  );
  const session = await ort.InferenceSession.create(file);
  expect(session.outputNames).toEqual(["dense"]);
  expect(readdirSync(at("out"))).toEqual(["model.onnx"]);
});

test("prints JSON for machines, and the graph for people", async () => {
  const json = await vaeportExport(
    "layers",
    at("layers", "model.json"),
    "-o",
    at("a.onnx"),
    "--json",
  );
  expect(JSON.parse(json.output)).toMatchObject({
    file: at("a.onnx"),
    nodes: 1,
    inputs: [{ name: "x", shape: ["N", 4] }],
    outputs: [{ name: "dense", shape: ["N", 3] }],
  });
  const print = await vaeportExport(at("layers", "model.json"), "-o", at("b.onnx"), "--print");
  expect(print.output).toContain("  dense [N, 3] = Gemm(x, dense/kernel [4, 3], dense/bias [3])\n");
});

test("checks the numbers against tf.js, on random input and on a given one", async () => {
  const model = at("layers", "model.json");
  const random = await vaeportExport(model, "-o", at("c.onnx"), "--check");
  expect(random).toMatchObject({ code: 0, errors: "" });
  expect(random.output).toMatch(
    /\n {2}check {3}dense: largest error \d\.\de[+-]\d+ beside values up to \d\.\de[+-]\d+ \(tolerance .*\)\n$/,
  );
  writeFileSync(at("input.json"), JSON.stringify({ x: [[1, 2, 3, 4]] }));
  const given = ["--check-input", at("input.json"), "--json"];
  const { output } = await vaeportExport(model, "-o", at("d.onnx"), ...given);
  const [check] = JSON.parse(output).check;
  expect(check.output).toBe("dense");
  expect(check.largestError).toBeLessThanOrEqual(check.tolerance);
  expect(check.largestValue).toBeGreaterThan(0);
});

test("writes another opset and layout, with metadata, and checks them too", async () => {
  const image = sequential(
    [4, 5, 3],
    [
      tfl.layers.conv2d({ name: "conv", filters: 2, kernelSize: 2 }),
      tfl.layers.globalAveragePooling2d({}),
    ],
  );
  await saveModel(image, at("image"));
  const options = ["--opset", "19", "--layout", "NCHW", "--metadata", "a=b=c", "--metadata", "d="];
  const { code, output, errors } = await vaeportExport(
    ...[at("image", "model.json"), "-o", at("e.onnx"), "--check", "--json", ...options],
  );
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(JSON.parse(output)).toMatchObject({ opset: 19, inputs: [{ shape: ["N", 3, 4, 5] }] });
  const { metadataProps } = readModel(readFileSync(at("e.onnx")));
  expect(metadataProps).toContainEqual({ key: "a", value: "b=c" });
  expect(metadataProps).toContainEqual({ key: "d", value: "" });
});

test("a lower precision is compared with tf.js, and its error reported", async () => {
  const wide = sequential([20], [tfl.layers.dense({ name: "dense", units: 20 })]);
  await saveModel(wide, at("wide"));
  const model = at("wide", "model.json");
  for (const precision of ["float16", "int8"]) {
    const file = at(`${precision}.onnx`);
    const result = await vaeportExport(model, "-o", file, "--precision", precision, "--json");
    expect(result).toMatchObject({ code: 0, errors: "" });
    const [check] = JSON.parse(result.output).check;
    expect(check.largestError).toBeGreaterThan(1e-5);
    expect(check.largestError).toBeLessThan(check.tolerance);
  }
  const half = ["--precision", "float16", "--border-precision", "float16"];
  const { output } = await vaeportExport(model, "-o", at("half.onnx"), ...half);
  expect(output).toMatch(/\n {2}check {3}dense: largest error /);
  const silent = ["--precision", "int8", "--no-check", "--json"];
  const unchecked = await vaeportExport(model, "-o", at("unchecked.onnx"), ...silent);
  expect(JSON.parse(unchecked.output)).not.toHaveProperty("check");
});

test("exports a run in several precisions", async () => {
  const folder = at("precisions");
  const precisions = ["--precision", "float16,int8", "--opset", "18", "--metadata", "a=b"];
  const { code, output, errors } = await vaeportExport(
    "vae",
    at("run"),
    "-o",
    folder,
    ...precisions,
  );
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(output).toMatch(/decoder.int8.onnx .* bytes\n {4}mean: largest error \d\.\de-\d against/);
  expect(readModel(readFileSync(join(folder, "encoder.int8.onnx")))).toMatchObject({
    opsetImport: [{ version: 18 }],
    metadataProps: [{ key: "a", value: "b" }, { key: "tfjs_layers_version" }],
  });
});

test("a check fails where numbers differ, and on input that does not fit", async () => {
  const dense = () => [tfl.layers.dense({ name: "dense", units: 3 })];
  const model = sequential([4], dense(), 1);
  const another = exportOnnx(sequential([4], dense(), 2));
  const differences = await checkExport(model, exportOnnx(model));
  expect(differences).toMatchObject([{ output: "dense" }]);
  await expect(checkExport(model, another)).rejects.toMatchObject({ name: "CheckError" });
  await expect(checkExport(model, another)).rejects.toThrow(
    /other numbers than tf.js.*dense: largest/,
  );
  writeFileSync(at("short.json"), JSON.stringify({ x: [[1, 2, 3]] }));
  await expect(
    checkExport(model, exportOnnx(model), { inputFile: at("short.json") }),
  ).rejects.toThrow(
    'short.json: "x" must hold numbers as nested arrays of shape [N, 4], got [1, 3].',
  );
});

test("exports a run, and replaces a model folder only by force", async () => {
  const folder = at("model");
  const first = await vaeportExport("vae", at("run"), "-o", folder);
  expect(first).toMatchObject({ code: 0, errors: "" });
  expect(first.output).toContain("encoder.onnx");
  const again = await vaeportExport("vae", at("run"), "-o", folder);
  expect(again).toEqual({
    code: 1,
    output: "",
    errors: `vaeport-export: ${folder} exists. Pass --force (force: true) to replace it.\n`,
  });
  const forced = await vaeportExport("vae", at("run"), "-o", folder, "--force", "--json");
  expect(forced.code).toBe(0);
  expect(JSON.parse(forced.output).files.score.file).toBe("score.onnx");
});

test.each<[string, string[], RegExp]>([
  [
    "a missing file",
    ["nowhere.json", "-o", "x.onnx"],
    /^vaeport-export: Cannot read nowhere.json: there is no such file. Check the path.\n$/,
  ],
  ["a missing run", ["vae", "nowhere", "-o", "x"], /summary.json: there is no such file/],
  [
    "a truncated shard",
    ["truncated/model.json", "-o", "x.onnx"],
    /should hold 60 bytes of weights, got 5/,
  ],
  [
    "an unsupported layer",
    ["refused/model.json", "-o", "x.onnx"],
    /encode \(CategoryEncoding\): numTokens 2 is not supported/,
  ],
  [
    "a target that exists",
    ["layers/model.json", "-o", "taken.onnx"],
    /taken.onnx exists. Pass --force/,
  ],
  [
    "a target inside of a file",
    ["layers/model.json", "-o", "layers/model.json/x.onnx"],
    /Cannot write .*x\.onnx: EEXIST: .*model\.json/,
  ],
  [
    "a folder where a file is",
    ["vae", "run", "-o", "taken.onnx", "--force"],
    /taken\.onnx is a file, where a folder is to be\. Choose another folder\./,
  ],
  [
    "input without the model's",
    ["layers/model.json", "-o", "x.onnx", "--check-input", "other.json"],
    /other\.json: expected the input "x" by its name, got y\.\n$/,
  ],
])("fails with 1 and one message: %s", async (_, args, message) => {
  writeFileSync(at("taken.onnx"), "precious");
  writeFileSync(at("other.json"), '{ "y": [[1, 2, 3, 4]] }');
  const inside = args.map((arg) =>
    /\.json$|\.onnx$|^run$/.test(arg) && arg !== "nowhere.json" ? at(arg) : arg,
  );
  const { code, output, errors } = await vaeportExport(...inside);
  expect({ code, output }).toEqual({ code: 1, output: "" });
  expect(errors).toMatch(message);
  expect(errors).not.toMatch(/ {4}at /);
  expect(readFileSync(at("taken.onnx"), "utf8")).toBe("precious");
  expect(existsSync(at("x.onnx"))).toBe(false);
});

test.runIf(process.platform === "linux").each([
  ["a file", [at("layers", "model.json"), "-o", "/proc/none/x.onnx"]],
  ["a folder", ["vae", at("run"), "-o", "/proc/none"]],
])("fails with 1 where the system makes no folder: %s", async (_, args) => {
  const { code, output, errors } = await vaeportExport(...args);
  expect({ code, output }).toEqual({ code: 1, output: "" });
  expect(errors).toMatch(/Cannot write \/proc\/none.*: ENOENT: .*mkdir/);
});

test.each<[string, string[], RegExp?]>([
  ["nothing", [], /argument 'model\.json'/],
  ["no output", ["model.json"], /option '-o, --output <file>'/],
  ["no output of a VAE", ["vae", "run"], /option '-o, --output <folder>'/],
  ["an unknown option", ["model.json", "-o", "x.onnx", "--fast"], /unknown option '--fast'/],
  ["an unknown option and no output", ["model.json", "--fast"], /unknown option '--fast'/],
  ["an unknown option alone", ["--fast"], /unknown option '--fast'/],
  ["two models", ["a.json", "b.json", "-o", "x.onnx"]],
  ["an opset that is not written", ["model.json", "-o", "x.onnx", "--opset", "22"]],
  ["a precision that is not written", ["vae", "run", "-o", "x", "--precision", "int8,int4"]],
  ["a layout of no name", ["model.json", "-o", "x.onnx", "--layout", "HWCN"]],
  ["metadata without a value", ["model.json", "-o", "x.onnx", "--metadata", "key"]],
])("wrong usage is 2: %s", async (_, args, message = /^error: /) => {
  const { code, errors } = await vaeportExport(...args);
  expect(code).toBe(2);
  expect(errors).toMatch(message);
});

test("help and version are 0", async () => {
  expect((await vaeportExport("--help")).output).toContain("Commands:");
  expect((await vaeportExport("vae", "--help")).output).toContain("<run-folder>");
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(await vaeportExport("--version")).toMatchObject({ code: 0, output: `${version}\n` });
});

test("without tf.js it says what to install", async () => {
  const hook = `export async function resolve(name, context, next) {
    if (!name.startsWith("@tensorflow/")) return next(name, context);
    throw Object.assign(new Error("Cannot find " + name), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  const asModule = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const preload = `import { register } from "node:module"; register(${JSON.stringify(asModule(hook))});`;
  const model = at("layers", "model.json");
  const result = await node("--import", asModule(preload), bin, model, "-o", at("y.onnx"));
  const names = ["core", "layers", "backend-cpu"].map((name) => `@tensorflow/tfjs-${name}`);
  expect(result).toEqual({
    code: 1,
    output: "",
    errors:
      `vaeport-export: Loading a tf.js model needs ${names.join(", ")}. ` +
      `Install: npm install ${names.join(" ")}\n`,
  });
});

test("an interrupt is 130, and nothing is left", async () => {
  mkdirSync(at("slow"));
  const server = createServer(); // it takes a request and never answers
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  const address = `http://127.0.0.1:${port}/model.json`;
  const child = spawn(process.execPath, [bin, address, "-o", at("slow", "x.onnx")]);
  server.once("request", () => child.kill("SIGINT"));
  const code = await new Promise((done) => child.on("close", done));
  server.closeAllConnections();
  server.close();
  expect(code).toBe(130);
  expect(readdirSync(at("slow"))).toEqual([]);
});
