/** What would be published: every entry a package names is in its tarball, and nothing else is. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

interface PackageJson {
  name: string;
  license: string;
  exports: Record<string, unknown>;
  imports?: Record<string, unknown>;
  bin?: Record<string, string>;
}

/** All file paths in a nest of conditions. */
function targets(conditions: unknown): string[] {
  if (typeof conditions === "string") return [conditions];
  return Object.values(conditions ?? {}).flatMap(targets);
}

function packedFiles(folder: string): string[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [tarball] = JSON.parse(output) as [{ files: { path: string }[] }];
  return tarball.files.map((file) => file.path);
}

describe.each(["infer", "export", "train"])("@vaeport/%s", (name) => {
  const folder = join(packages, name);
  const manifest: PackageJson = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = packedFiles(folder);

  test("ships every file that it names", () => {
    const named = targets([manifest.exports, manifest.imports, manifest.bin]);
    expect(named.length).toBeGreaterThan(2);
    expect(files).toEqual(expect.arrayContaining(named.map((path) => posix.normalize(path))));
  });

  test("ships no TypeScript sources, tests or build state", () => {
    expect(files.filter((path) => /^test\/|(?<!\.d)\.ts$|\.tsbuildinfo$/.test(path))).toEqual([]);
  });

  test("ships source maps that hold their sources, and none that lead out of the package", () => {
    const maps = files.filter((path) => path.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(10);
    const empty = maps.filter((path) => {
      const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(folder, path), "utf8"));
      return sources.some((_: string, index: number) => typeof sourcesContent[index] !== "string");
    });
    expect(empty).toEqual([]);
  });

  test("has a licence and a readme", () => {
    expect(manifest.license).toBe("Apache-2.0");
    expect(files).toContain("README.md");
  });
});
