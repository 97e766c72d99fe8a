/** Every command's exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS, runCommand, type Tool } from "./commands.js";

const TOOLS = Object.keys(COMMANDS) as Tool[];
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../packages/infer/test/fixtures/${name}`, import.meta.url));
/** What stands for a folder in the lines below. */
const FOLDERS: Readonly<Record<string, string>> = {
  "<model>": fixture("tiny-vae"),
  "<model-with-3-classes>": fixture("tiny-conditional"),
};

const scratch = mkdtempSync(join(tmpdir(), "vaeport-exit-"));
beforeAll(() => {
  const write = (file: string, value: unknown) =>
    writeFileSync(join(scratch, file), JSON.stringify(value));
  const model = { type: "dense", hidden: [8] };
  write("base.json", { name: "base", data: { name: "mnist" }, model, latent: { size: 2 } });
  write("sweep.json", { base: "base.json", grid: { seed: [1, 2] } });
  write("broken.json", { epoch: 3 });
  mkdirSync(join(scratch, "empty"));
  mkdirSync(join(scratch, "taken"));
  write("taken/vae.json", {});
});
afterAll(() => {
  const left = readdirSync(scratch).filter((name) => name !== "sampled.npy");
  rmSync(scratch, { recursive: true });
  const given = ["base.json", "broken.json", "empty", "sweep.json", "taken"];
  expect(left.sort()).toEqual(given); // nothing more, where a command failed
});

const statusOf = (tool: Tool, args: readonly string[], node: readonly string[] = []) =>
  runCommand(tool, args, { cwd: scratch, node });

describe.concurrent.each(TOOLS)("vaeport-%s", (tool) => {
  test.each([["--help"], ["-h"], ["--version"]])("%s is 0", async (flag) => {
    expect(await statusOf(tool, [flag])).toMatchObject({
      status: 0,
      output: expect.stringMatching(/./),
      errors: "",
    });
  });

  test.each(COMMANDS[tool])("%s --help is 0, an unknown option 2", async (command) => {
    const help = await statusOf(tool, [command, "--help"]);
    expect(help).toMatchObject({ status: 0, errors: "" });
    expect(help.output).toMatch(/^Usage: /);
    expect(help.output).toContain("--json");
    const unknown = await statusOf(tool, [command, "--fast"]);
    expect(unknown).toMatchObject({
      status: 2,
      output: "",
      errors: expect.stringMatching(/--fast/),
    });
  });

  test("without a command it is 2", async () => {
    expect(await statusOf(tool, [])).toMatchObject({
      status: 2,
      output: "",
      errors: expect.stringMatching(/./),
    });
  });
});

test.concurrent.each<[Tool, number, string]>([
  // What the command line asks for is not there to be asked for.
  ["train", 2, "fly"],
  ["train", 2, "train base.json"],
  ["train", 2, "train base.json -o run --epochs many"],
  ["train", 2, "train base.json -o run --set latent.sise=2"],
  ["train", 2, "sweep sweep.json"],
  ["train", 2, "sweep sweep.json --index 0 --list"],
  ["train", 2, "sweep sweep.json --index 0"],
  ["train", 2, "sweep sweep.json --index 2 --output runs"],
  ["train", 2, "sweep sweep.json --index -1 --output runs"],
  ["train", 2, "evaluate"],
  ["train", 2, "export run"],
  ["export", 2, "model.json"],
  ["export", 2, "a.json b.json -o x.onnx"],
  ["export", 2, "model.json -o x.onnx --opset 22"],
  ["export", 2, "triton empty"],
  ["export", 2, "triton <model> -o repository --precision int8"],
  ["export", 2, "manifest encoder.onnx -o model"],
  ["infer", 2, "fly"],
  ["infer", 2, "doctor tpu"],
  ["infer", 2, "doctor cpu wasm"],
  ["infer", 2, "setup rocm"],
  ["infer", 2, "encode <model> x.npy"],
  ["infer", 2, "encode <model> x.npy -o z.csv"],
  ["infer", 2, "sample <model> -n some -o z.npy"],
  ["infer", 2, "sample <model> -n 3 -o z.npy --provider tpu"],
  ["infer", 2, "sample <model> -n 3 -o z.npy --precision int8"],
  ["infer", 2, "sample <model-with-3-classes> -n 3 -o z.npy --label 3"],
  // The command line is right; a file is missing, broken or in the way.
  ["train", 1, "train nowhere.json -o run"],
  ["train", 1, "train broken.json -o run"],
  ["train", 1, "sweep nowhere.json --list"],
  ["train", 1, "sweep broken.json --list"],
  ["train", 1, "resume nowhere"],
  ["train", 1, "evaluate empty"],
  ["train", 1, "export empty -o model"],
  ["export", 1, "nowhere.json -o x.onnx"],
  ["export", 1, "vae empty -o model"],
  ["export", 1, "triton empty -o repository"],
  ["export", 1, "triton <model> -o taken"],
  ["export", 1, "manifest nowhere.onnx nowhere.onnx -o model"],
  ["infer", 1, "encode nowhere x.npy -o z.npy"],
  ["infer", 1, "encode <model> nowhere.npy -o z.npy"],
  ["infer", 1, "encode <model> empty -o z.npy"],
  // Done.
  ["train", 0, "sweep sweep.json --list"],
  ["infer", 0, "sample <model> -n 3 -o sampled.npy"],
])("vaeport-%s ends with %i: %s", async (tool, status, line) => {
  const ended = await statusOf(
    tool,
    line.split(" ").map((arg) => FOLDERS[arg] ?? arg),
  );
  expect(ended).toMatchObject({ status });
  expect(ended.errors).not.toMatch(/ {4}at /); // a message, not a stack
  if (status !== 0) expect(ended).toMatchObject({ output: "", errors: expect.stringMatching(/./) });
});

test("vaeport-infer doctor ends with 130 when interrupted", async () => {
  const interrupt = `const timer = setInterval(() => {
    if (process.listenerCount("SIGINT") === 0) return; // the command has not begun
    clearInterval(timer);
    process.kill(process.pid, "SIGINT");
  }, 20).unref();`;
  const preload = `data:text/javascript,${encodeURIComponent(interrupt)}`;
  const ended = await statusOf("infer", ["doctor"], ["--import", preload]);
  expect(ended).toMatchObject({ status: 130, output: "" });
});
