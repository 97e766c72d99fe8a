/** The package as installed: absent peers, quiet standard error, types free of ONNX Runtime's. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readJson, TINY } from "./helpers.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

const manifest = readJson(join(PACKAGE, "package.json")) as {
  peerDependencies: Record<string, string>;
};
const PEERS = manifest.peerDependencies;

/** Runs a module in a fresh Node, away from this checkout's node_modules. */
async function runNode(code: string) {
  const args = ["--input-type=module", "-e", code];
  return promisify(execFile)(process.execPath, args, { cwd: tmpdir() });
}

test("a missing runtime package is named, with the command that installs it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vaeport-"));
  try {
    for (const name of ["package.json", "dist"]) {
      cpSync(join(PACKAGE, name), join(folder, name), { recursive: true });
    }
    const { stdout } = await runNode(`
      const { loadVae, RuntimeMissingError } = await import(${JSON.stringify(join(folder, "dist/index.js"))});
      const { wasmRuntime: runtime } = await import(${JSON.stringify(join(folder, "dist/runtime/wasm.js"))});
      for (const options of [{}, { runtime }]) {
        await loadVae(${JSON.stringify(TINY)}, options).catch((error) => {
          console.log(error instanceof RuntimeMissingError, error.package, error.cause.code, error.message);
        });
      }
    `);
    const [node, web] = stdout.split("\n");
    expect(node).toContain("true onnxruntime-node ERR_MODULE_NOT_FOUND");
    expect(node).toContain(`npm install onnxruntime-node@${PEERS["onnxruntime-node"]}`);
    expect(web).toContain("true onnxruntime-web ERR_MODULE_NOT_FOUND");
    expect(web).toContain(`npm install onnxruntime-web@${PEERS["onnxruntime-web"]}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a load by auto prints nothing", async () => {
  const { stdout, stderr } = await runNode(`
    const { loadVae } = await import(${JSON.stringify(join(PACKAGE, "dist/index.js"))});
    const vae = await loadVae(${JSON.stringify(TINY)});
    await vae.score(new Float32Array(12));
    await vae.dispose();
  `);
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "" });
});

test("no declaration imports ONNX Runtime's types", () => {
  const names = readdirSync(join(PACKAGE, "dist"), { recursive: true, encoding: "utf8" });
  const declarations = names.filter((name) => name.endsWith(".d.ts"));
  expect(declarations.length).toBeGreaterThan(10);
  for (const name of declarations) {
    const text = readFileSync(join(PACKAGE, "dist", name), "utf8");
    expect(text, name).not.toMatch(/(?:from|import\() ?["']onnxruntime/);
  }
});

test("its types resolve as its code does (are the types wrong?)", async () => {
  const attw = fileURLToPath(new URL("../node_modules/.bin/attw", import.meta.url));
  const { stdout } = await promisify(execFile)(attw, ["--pack", PACKAGE, "--format", "json"], {
    maxBuffer: 2 ** 26,
  }).catch((failed: { stdout: string }) => failed);
  const { problems } = JSON.parse(stdout) as {
    problems: Record<string, { kind: string; resolutionKind?: string }[]>;
  };
  const all = Object.values(problems).flat();
  // ESM alone: CommonJS reaches it by a dynamic import, and Node 10's resolution knows no `exports`.
  const ours = all.filter(({ resolutionKind }) => !/node10|cjs/.test(resolutionKind ?? ""));
  expect(ours).toEqual([]);
  expect(all.length).toBeGreaterThan(0); // those two: the check looks at something
});
