/** The documents: every link within the repository leads somewhere, every command and option that they name is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMANDS, runCommand, type Tool } from "./commands.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const GENERATED = new Set(["node_modules", "dist", "out", ".git"]);

function documents(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return GENERATED.has(entry.name) ? [] : documents(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** Targets of inline links and pictures, and of link definitions, that are paths. */
function linkedPaths(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(([^)\s]+)\)/g)];
  const definitions = [...prose.matchAll(/^\[[^\]]+\]: +(\S+)$/gm)];
  return [...inline, ...definitions]
    .map(([, target]) => target!.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));

const files = documents(repository).map((path) => relative(repository, path));

/** What `--help` of each command says, by `tool command`. */
const helps = new Map<string, string>();
beforeAll(async () => {
  for (const [tool, commands] of Object.entries(COMMANDS) as [Tool, readonly string[]][]) {
    await Promise.all(
      commands.map(async (command) => {
        helps.set(`${tool} ${command}`, (await runCommand(tool, [command, "--help"])).output);
      }),
    );
  }
});

/** Commands and options that a text names and no help mentions. */
function unknownCommands(text: string): string[] {
  return [...text.matchAll(/\bvaeport-(train|export|infer) ([^`\n#|"]*)/g)].flatMap(
    ([line, tool, rest = ""]) => {
      const [first = ""] = rest.split(/[ <,]/);
      const help = helps.get(`${tool} ${first.endsWith(".json") ? "layers" : first}`);
      if (help === undefined) return [line];
      const options = [...rest.matchAll(/ (--?[a-z][a-z-]*)/g)].map(([, option]) => option!);
      return options
        .filter((option) => !help.includes(option))
        .map((option) => `${line}: ${option}`);
    },
  );
}

test("there are documents", () => {
  expect(files).toEqual(expect.arrayContaining(["README.md", join("docs", "formats.md")]));
});

describe.each(files)("%s", (file) => {
  const text = readFileSync(join(repository, file), "utf8");

  test("links to what is there", () => {
    const folder = dirname(join(repository, file));
    expect(linkedPaths(text).filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  test("names scripts of package.json", () => {
    const named = [...text.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("names commands and options that are there", () => {
    expect(unknownCommands(text)).toEqual([]);
  });
});
