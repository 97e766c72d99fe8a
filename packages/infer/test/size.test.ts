/** The size of our own code in a bundle, minified and gzipped; ONNX Runtime stays outside. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type OutputChunk, rolldown } from "rolldown";
import { describe, expect, test } from "vitest";

const ENTRY = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const KILOBYTE = 1000;

/** The chunks of an app that imports everything, the entry first. */
async function bundle(condition: "default" | "node"): Promise<OutputChunk[]> {
  const build = await rolldown({
    input: ENTRY,
    platform: condition === "node" ? "node" : "browser",
    resolve: { conditionNames: [condition, "import"] },
    external: [/^onnxruntime-/, /^node:/],
  });
  const { output } = await build.generate({ format: "es", minify: true });
  return output.filter((part) => part.type === "chunk");
}

function size(chunks: readonly OutputChunk[]): number {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}

/** The entry and all that it imports statically. */
function atStart(chunks: readonly OutputChunk[]): OutputChunk[] {
  const reached = new Set<string>();
  const visit = (name: string) => {
    const chunk = chunks.find(({ fileName }) => fileName === name);
    if (chunk === undefined || reached.has(name)) return;
    reached.add(name);
    chunk.imports.forEach(visit);
  };
  visit(chunks[0]!.fileName);
  return chunks.filter(({ fileName }) => reached.has(fileName));
}

describe.each(["default", "node"] as const)("a bundle for %s", (condition) => {
  test("holds at most 8 kB at its start, 18.5 kB in all", async () => {
    const chunks = await bundle(condition);
    expect(size(atStart(chunks))).toBeLessThanOrEqual(8 * KILOBYTE);
    expect(size(chunks)).toBeLessThanOrEqual(18.5 * KILOBYTE);
    expect(size(chunks)).toBeGreaterThan(size(atStart(chunks)));
  });

  test("imports this platform's ONNX Runtime, when a model is opened, and no other", async () => {
    const chunks = await bundle(condition);
    const [own, other] = ["onnxruntime-web", "onnxruntime-node"].sort((a) =>
      (a === "onnxruntime-node") === (condition === "node") ? -1 : 1,
    ) as [string, string];
    const imported = chunks.flatMap(({ dynamicImports }) => dynamicImports);
    expect(imported.some((name) => name.startsWith(own))).toBe(true);
    expect(imported.some((name) => name.startsWith(other))).toBe(false);
    expect(chunks.flatMap(({ imports }) => imports).join()).not.toContain("onnxruntime");
    const code = atStart(chunks)
      .map((chunk) => chunk.code)
      .join("");
    expect(code).not.toMatch(/import\(["']onnxruntime/);
  });
});
