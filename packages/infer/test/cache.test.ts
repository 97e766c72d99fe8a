/** Files kept between loads: less to fetch, loads without a network, and caches that fail. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FileCache,
  InputError,
  loadVae,
  ManifestError,
  ModelFileError,
  SourceError,
} from "@vaeport/infer";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openCacheFolder } from "../src/runtime/cache-folder.js";
import { openCacheStorage } from "../src/runtime/cache-storage.js";
import { rawManifest, TINY } from "./helpers.js";
import { closeServers, serve, serveTiny } from "./servers.js";

const GRAPHS = ["decoder.onnx", "encoder.onnx", "score.onnx"];

/** A server of the tiny model that notes what it is asked for, and may be told to fail. */
async function startServer() {
  const asked: string[] = [];
  let failing = 0;
  let manifest: string | undefined;
  const origin = await serve((request, response) => {
    const name = request.url!.slice(1);
    asked.push(name);
    if (failing > 0) return response.writeHead(failing).end();
    response.end((name === "vae.json" && manifest) || readFileSync(join(TINY, name)));
  });
  return {
    url: `${origin}/`,
    /** What was asked for since the last time. */
    asked: () => asked.splice(0).sort(),
    /** In place of vae.json. */
    send: (text: string) => {
      manifest = text;
    },
    fail: (status: number) => {
      failing = status;
    },
  };
}

let server: Awaited<ReturnType<typeof startServer>>;
let folder: string;
/** Where the cache keeps models. */
let models: string;
beforeEach(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), "vaeport-"));
  vi.stubEnv("VAEPORT_CACHE", folder);
  models = join(folder, "models");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  await closeServers();
  rmSync(folder, { recursive: true });
});

/** Loads over HTTP, decodes once, and tells where the files came from. */
async function load(cache: boolean | FileCache, onProgress = (_: object) => {}) {
  await using vae = await loadVae(server.url, { provider: "cpu", cache, onProgress });
  expect((await vae.decode(new Float32Array(2))).shape).toEqual([1, 4, 3, 1]);
  return vae.runtime.files;
}

describe("the folder in Node", () => {
  test("spares the graphs at the second load; vae.json is asked for", async () => {
    expect(await load(true)).toEqual({ offline: false, cached: [] });
    expect(server.asked()).toEqual([...GRAPHS, "vae.json"]);
    const seen: object[] = [];
    const { cached } = await load(true, (progress) => seen.push(progress));
    expect([...cached].sort()).toEqual(GRAPHS);
    expect(server.asked()).toEqual(["vae.json"]);
    expect(seen.at(-1)).toEqual({ loaded: 2328, total: 2328 });
  });

  test("serves without a network, and says so; a model that is gone is gone", async () => {
    await load(true);
    server.fail(503);
    expect(await load(true)).toMatchObject({ offline: true });
    server.fail(404);
    await expect(load(true)).rejects.toThrow(SourceError);
  });

  test("whose files were changed is mended from the network", async () => {
    await load(true);
    server.asked();
    for (const name of readdirSync(models)) {
      if (name.startsWith("graph-")) writeFileSync(join(models, name), "nonsense");
    }
    expect(await load(true)).toEqual({ offline: false, cached: [] });
    expect(server.asked()).toEqual([...GRAPHS, "vae.json"]);
    expect((await load(true)).cached).toHaveLength(3);
  });

  test("is left alone unless asked for", async () => {
    await load(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("holds whole files alone, under keys that are names", async () => {
    await load(true);
    const names = readdirSync(models);
    expect(names).toHaveLength(4);
    for (const name of names) expect(name).toMatch(/^(?:graph|vae-json)-[0-9a-f]{64}$/);
  });
});

describe("a cache that fails", () => {
  test("is noted, and the load goes on", async () => {
    const full: FileCache = {
      get: async () => undefined,
      put: async () => {
        throw new Error("no space left on the device");
      },
    };
    expect(await load(full)).toMatchObject({ cacheError: "no space left on the device" });
    const broken: FileCache = { ...full, get: () => Promise.reject(new Error("no permission")) };
    expect((await load(broken)).cacheError).toBeDefined();
    writeFileSync(join(folder, "file"), "");
    vi.stubEnv("VAEPORT_CACHE", join(folder, "file", "below"));
    expect((await load(true)).cacheError).toContain("ENOTDIR");
  });

  test("may say null for what it does not have", async () => {
    const cache = { get: async () => null, put: async () => {} };
    expect(await load(cache)).toEqual({ offline: false, cached: [] });
  });

  test.each<[string, unknown]>([
    ["String", "text"],
    ["Object", { 0: 1, length: 1 }],
    ["Number", 7],
    ["Response", new Response("bytes")],
    ["ArrayBuffer", new ArrayBuffer(8)],
    ["Float32Array", new Float32Array(2)],
    ["Uint8Array", new Uint8Array(new SharedArrayBuffer(8))],
    ["Object", Object.create(null)],
  ])(
    "that gives a %s in place of bytes counts as empty, and is noted with its key",
    async (got, value) => {
      const cache = { get: async () => value as never, put: async () => {} };
      const { offline, cached, cacheError } = await load(cache);
      expect({ offline, cached }).toEqual({ offline: false, cached: [] });
      expect(cacheError).toMatch(
        /^cache: get\("graph-[0-9a-f]{64}"\): expected an unshared Uint8Array; got /,
      );
      expect(cacheError).toContain(`got ${got}.`);
    },
  );

  test("that gives no bytes without a network leaves the network's error", async () => {
    const cache = { get: async () => "text" as never, put: async () => {} };
    server.fail(503);
    await expect(load(cache)).rejects.toThrow("the server answered 503");
  });

  test("that never answers is given up with the load", async () => {
    const cache = { get: () => new Promise<never>(() => {}), put: async () => {} };
    const signal = AbortSignal.timeout(300);
    const loading = loadVae(server.url, { provider: "cpu", cache, signal });
    await expect(loading).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
  });

  test.each(["yes", 5, {}, null, Object.create(null)])(
    "that is none (%#) is refused",
    async (cache) => {
      const loading = load(cache as never);
      await expect(loading).rejects.toThrow(InputError);
      await expect(loading).rejects.toThrow(
        "loadVae: cache: expected true, false or { get, put };",
      );
    },
  );

  test("whose manifest is damaged says so without a network, and is mended with it", async () => {
    await load(true);
    const name = readdirSync(models).find((file) => file.startsWith("vae-json-"))!;
    for (const damaged of ["{", "{}"]) {
      writeFileSync(join(models, name), damaged);
      server.fail(503);
      const loading = load(true);
      await expect(loading).rejects.toThrow(SourceError);
      await expect(loading).rejects.toThrow("the server answered 503");
      await expect(loading).rejects.toThrow(
        `The copy in the cache (${name}) is damaged; a load with the network mends it.`,
      );
      await expect(loading).rejects.not.toThrow("address of a model folder");
      server.fail(0);
      await load(true);
      server.fail(503);
      expect(await load(true)).toMatchObject({ offline: true });
      server.fail(0);
    }
  });

  test("keeps the manifest of before when the server sends none", async () => {
    await load(true);
    server.send('{"error":"maintenance"}');
    await expect(load(true)).rejects.toThrow(ManifestError);
    server.fail(503);
    expect(await load(true)).toMatchObject({ offline: true });
  });

  test("takes the same files from several loads at once", async () => {
    const reports = await Promise.all([load(true), load(true), load(true)]);
    for (const { cacheError } of reports) expect(cacheError).toBeUndefined();
  });

  test("keeps no file that is not the manifest's", async () => {
    const kept: string[] = [];
    const cache: FileCache = {
      get: async () => undefined,
      put: async (key) => void kept.push(key),
    };
    const manifest = rawManifest();
    manifest.variants.float32.encoder.sha256 = "0".repeat(64);
    const origin = await serveTiny({
      "/model/vae.json": (_, response) => response.end(JSON.stringify(manifest)),
    });
    await expect(loadVae(`${origin}/model/`, { cache })).rejects.toThrow(ModelFileError);
    expect(kept.filter((key) => key.includes("0000"))).toEqual([]);
  });
});

describe("the platforms' caches give back what they were given", () => {
  const bytes = Uint8Array.of(1, 2, 3);

  test("a folder that is made at need", async () => {
    const cache = await openCacheFolder(join(folder, "new"));
    expect(await cache.get("graph-1")).toBeUndefined();
    await cache.put("graph-1", bytes);
    expect(new Uint8Array((await cache.get("graph-1"))!)).toEqual(bytes);
  });

  test("the Cache API", async () => {
    const entries = new Map<string, Response>();
    const store = {
      match: async (address: string) => entries.get(address)?.clone(),
      put: async (address: string, response: Response) => void entries.set(address, response),
    };
    vi.stubGlobal("caches", { open: async () => store });
    const cache = await openCacheStorage();
    expect(await cache.get("graph-1")).toBeUndefined();
    await cache.put("graph-1", bytes);
    expect(await cache.get("graph-1")).toEqual(bytes);
  });

  test("no Cache API says why", async () => {
    vi.stubGlobal("caches", undefined);
    await expect(openCacheStorage()).rejects.toThrow("https and localhost");
  });
});
