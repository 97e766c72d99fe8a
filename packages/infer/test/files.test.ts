/** What vaeport's own commands share: their cache, folders, and one process at a time. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, makeFolder, makeFolderSync, takeLock } from "@vaeport/infer/files";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";

const scratch = mkdtempSync(join(tmpdir(), "vaeport-files-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (...parts: string[]) => join(scratch, ...parts);

describe("the cache", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.runIf(process.platform === "linux")("follows VAEPORT_CACHE, then XDG_CACHE_HOME", () => {
    vi.stubEnv("VAEPORT_CACHE", undefined);
    vi.stubEnv("XDG_CACHE_HOME", "/caches");
    expect(cacheFolder()).toBe("/caches/vaeport");
    vi.stubEnv("VAEPORT_CACHE", "/elsewhere");
    expect(cacheFolder()).toBe("/elsewhere");
  });
});

describe("a folder", () => {
  test("comes with those above it, and says which are new", async () => {
    const made = await makeFolder(at("a", "b", "c"));
    expect(made).toEqual([at("a"), at("a", "b"), at("a", "b", "c")]);
    expect(await makeFolder(at("a", "b"))).toEqual([]);
    makeFolderSync(at("d", "e"));
    makeFolderSync(at("d", "e"));
    expect(existsSync(at("d", "e"))).toBe(true);
  });

  test("in a file is the system's error", async () => {
    writeFileSync(at("file"), "");
    await expect(makeFolder(at("file", "a"))).rejects.toThrow(/ENOTDIR/);
    expect(() => makeFolderSync(at("file", "a"))).toThrow(/ENOTDIR/);
    await expect(makeFolder(at("file"))).rejects.toThrow(/EEXIST/);
  });
});

describe("a lock", () => {
  const file = at("lock");
  const leave = (holder: object, secondsAgo = 0) => {
    writeFileSync(file, JSON.stringify(holder));
    const beaten = new Date(Date.now() - 1000 * secondsAgo);
    utimesSync(file, beaten, beaten);
  };
  const here = { host: hostname(), pid: process.pid };
  afterEach(() => rmSync(file, { force: true }));

  test("is one process's until it lets go", async () => {
    const unlock = await takeLock(file);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject(here);
    expect(await takeLock(file)).toBeUndefined();
    await unlock!();
    expect(existsSync(file)).toBe(false);
    await (await takeLock(file))!();
  });

  test("of a process that ended is the next one's", async () => {
    leave({ host: hostname(), pid: spawnSync(process.execPath, ["-e", ""]).pid });
    await (await takeLock(file))!();
  });

  test.runIf(process.platform === "linux")(
    "of a process whose number another has now is the next one's",
    async () => {
      leave({ ...here, started: "1" });
      await (await takeLock(file))!();
    },
  );

  test("of another machine holds while it beats, and without a start as well", async () => {
    const elsewhere = { host: `not-${hostname()}`, pid: process.pid };
    for (const holder of [elsewhere, here]) {
      leave(holder, 100);
      expect(await takeLock(file)).toBeUndefined();
      leave(holder, 130);
      await (await takeLock(file))!();
    }
  });

  test("that holds no name is being written, until that took minutes", async () => {
    writeFileSync(file, "");
    expect(await takeLock(file)).toBeUndefined();
    const past = new Date(Date.now() - 130_000);
    utimesSync(file, past, past);
    await (await takeLock(file))!();
  });

  test("left behind is taken by one of several at once", async () => {
    leave({ host: hostname(), pid: 2 ** 30 });
    const takers = await Promise.all(Array.from({ length: 8 }, () => takeLock(file)));
    expect(takers.filter((unlock) => unlock !== undefined)).toHaveLength(1);
  });
});
