import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type InferError,
  InputError,
  loadVae,
  ManifestError,
  ModelFileError,
  ProviderError,
  SourceError,
} from "@vaeport/infer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { rawManifest, TINY, tinyBytes, tinyFiles } from "./helpers.js";
import { closeServers, serve, serveTiny } from "./servers.js";

const cleanups: (() => void)[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const cleanup of cleanups.splice(0)) cleanup();
  await closeServers();
});

/** The same bytes in memory that threads share. */
function shared(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
  view.set(bytes);
  return view;
}

/** A copy of the tiny model's folder, in a folder whose name needs escaping in a URL. */
function copyTiny(): string {
  const parent = mkdtempSync(join(tmpdir(), "vaeport-"));
  cleanups.push(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, "a folder #1 %41");
  cpSync(TINY, folder, { recursive: true });
  return folder;
}

async function works(source: Parameters<typeof loadVae>[0]): Promise<void> {
  await using vae = await loadVae(source);
  expect((await vae.decode(new Float32Array(2))).shape).toEqual([1, 4, 3, 1]);
}

async function fails<T extends InferError>(
  source: Parameters<typeof loadVae>[0],
  type: new (...args: never[]) => T,
): Promise<T> {
  const error = await loadVae(source).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(type);
  return error as T;
}

describe("a model is found", () => {
  test("by the path of its folder, with and without a slash, and of its vae.json", async () => {
    const folder = copyTiny();
    await works(folder);
    await works(`${folder}/`);
    await works(join(folder, "vae.json"));
  });

  test.each<[string, (bytes: Uint8Array) => ArrayBufferView | ArrayBufferLike]>([
    ["buffer", (bytes) => bytes.slice().buffer],
    ["view of another type", (bytes) => new DataView(bytes.slice().buffer)],
    ["part of a longer buffer", (bytes) => Uint8Array.of(0, ...bytes, 0).subarray(1, -1)],
    ["view of shared memory", (bytes) => shared(bytes)],
    ["piece of shared memory", (bytes) => shared(bytes).buffer],
  ])("by bytes in a %s", async (_, held) => {
    const { manifest, files } = tinyBytes();
    const others = Object.entries(files).map(([name, bytes]) => [name, held(bytes)]);
    await works({ manifest, files: Object.fromEntries(others) });
  });

  test("by file: URLs", async () => {
    const url = pathToFileURL(copyTiny());
    await works(`${url}/`);
    await works(new URL(`${url}/vae.json`));
  });

  test("by http: URLs", async () => {
    const origin = await serveTiny();
    await works(`${origin}/model/`);
    await works(new URL(`${origin}/model/vae.json?version=3`));
  });

  test("as bytes, which may change afterwards", async () => {
    const source = tinyBytes();
    const loading = loadVae(source);
    for (const file of Object.values(source.files)) file.fill(0);
    const vae = await loading;
    await vae.dispose();
  });
});

describe("a folder is refused", () => {
  test("that is not there", async () => {
    const error = await fails("/nowhere/at/all", SourceError);
    expect(error.message).toContain("/nowhere/at/all/vae.json");
    expect(error.cause).toMatchObject({ code: "ENOENT" });
  });

  test("whose vae.json is not JSON", async () => {
    const folder = copyTiny();
    writeFileSync(join(folder, "vae.json"), "{");
    expect((await fails(folder, SourceError)).cause).toBeInstanceOf(SyntaxError);
  });

  test("with a graph cut off", async () => {
    const folder = copyTiny();
    truncateSync(join(folder, "decoder.onnx"), 100);
    const error = await fails(folder, ModelFileError);
    expect(error.file).toBe("decoder.onnx");
    expect(error.message).toMatch(/expected \d+ bytes, got 100\b/);
  });

  test("with a graph longer than the manifest says, which is not read", async () => {
    const folder = copyTiny();
    writeFileSync(join(folder, "score.onnx"), new Uint8Array(5000));
    expect((await fails(folder, SourceError)).message).toContain("score.onnx: more than the");
  });

  test("with a graph changed", async () => {
    const folder = copyTiny();
    const file = join(folder, "encoder.onnx");
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    expect((await fails(folder, ModelFileError)).message).toContain(
      "encoder.onnx: expected SHA-256",
    );
  });

  test("whose manifest points outside it, whatever lies there", async () => {
    const folder = copyTiny();
    const manifest = rawManifest();
    manifest.variants.float32.encoder.file = "../encoder.onnx";
    writeFileSync(join(folder, "vae.json"), JSON.stringify(manifest));
    cpSync(join(folder, "encoder.onnx"), join(folder, "../encoder.onnx"));
    const error = await fails(folder, ManifestError);
    expect(error.field).toBe("variants.float32.encoder.file");
  });
});

describe("bytes are refused", () => {
  test("with a file missing", async () => {
    const files = tinyFiles();
    delete files["score.onnx"];
    const error = await fails({ manifest: rawManifest(), files }, SourceError);
    expect(error.message).toContain("score.onnx is missing");
  });

  test.each<[string, unknown]>([
    ["1000000000000", 1e12],
    ["-1", -1],
    ["NaN", Number.NaN],
    ["null", null],
    ['"text"', "text"],
    ["[object Object]", {}],
    ["[object Array]", [1, 2, 3]],
    ["[object Object]", { byteLength: 1, length: 1e12 }],
    ["Symbol(x)", Symbol("x")],
  ])("with %s in place of a file", async (shown, value) => {
    const { manifest, files } = tinyBytes();
    const error = await fails(
      { manifest, files: { ...files, "encoder.onnx": value as never } },
      SourceError,
    );
    expect(error.message).toBe(
      `files: encoder.onnx is missing or no Uint8Array: got ${shown}. The manifest names it.`,
    );
  });

  test("in a Map", async () => {
    const files = new Map(Object.entries(tinyFiles())) as never;
    const error = await fails({ manifest: rawManifest(), files }, InputError);
    expect(error.message).toContain("{ manifest, files }; got Map.");
  });

  test("with a file that was handed over to a worker", async () => {
    const { manifest, files } = tinyBytes();
    structuredClone(files["encoder.onnx"], { transfer: [files["encoder.onnx"]!.buffer] });
    const error = await fails({ manifest, files }, ModelFileError);
    expect(error.message).toMatch(/^encoder\.onnx: expected \d+ bytes, got 0\./);
  });

  test("only in what the manifest names: others may be anything", async () => {
    const { manifest, files } = tinyBytes();
    await works({ manifest, files: { ...files, "README.md": "text" as never } });
  });

  test("with a graph cut off that the manifest agrees with: no provider runs it", async () => {
    const { manifest, files } = tinyBytes();
    const half = files["decoder.onnx"]!.slice(0, 400);
    files["decoder.onnx"] = half;
    manifest.variants.float32.decoder.bytes = half.length;
    manifest.variants.float32.decoder.sha256 = createHash("sha256").update(half).digest("hex");
    const error = await fails({ manifest, files }, ProviderError);
    expect(error.attempts.at(-1)).toMatchObject({ provider: "cpu", ok: false });
    expect(error.message).toContain("protobuf");
  });

  test("where the page has no SHA-256", async () => {
    vi.stubGlobal("crypto", {});
    await expect(loadVae(tinyBytes())).rejects.toThrow("Serve the page over https");
  });
});

describe("a URL is refused", () => {
  test("that is neither a folder's nor a vae.json's", async () => {
    const error = await fails("http://127.0.0.1/model", SourceError);
    expect(error.message).toContain('ending in "/"');
  });

  test("that answers 404", async () => {
    const origin = await serve((_, response) => response.writeHead(404).end("no"));
    const error = await fails(`${origin}/model/`, SourceError);
    expect(error.message).toContain(`${origin}/model/vae.json: the server answered 404`);
  });

  test("that answers with HTML, said to be so or not", async () => {
    const html = "<!doctype html><title>Home</title>";
    const origin = await serve((request, response) => {
      const type = request.url!.startsWith("/plain/") ? "text/plain" : "text/html; charset=utf-8";
      response.writeHead(200, { "content-type": type }).end(html);
    });
    expect((await fails(`${origin}/model/`, SourceError)).message).toContain("an HTML page");
    expect((await fails(`${origin}/plain/`, SourceError)).message).toContain("not JSON");
  });

  test("whose graph never ends: reading stops at the size the manifest states", async () => {
    const origin = await serveTiny({
      "/model/encoder.onnx": (request, response) => {
        const timer = setInterval(() => response.write(new Uint8Array(1000)), 1);
        request.on("close", () => clearInterval(timer));
      },
    });
    const error = await fails(`${origin}/model/`, SourceError);
    expect(error.message).toContain("encoder.onnx: more than the");
  });

  test("whose connection is cut", async () => {
    const origin = await serveTiny({
      "/model/decoder.onnx": (_, response) => {
        response.writeHead(200, { "content-length": 829 });
        response.write(new Uint8Array(100), () => response.destroy());
      },
    });
    const error = await fails(`${origin}/model/`, SourceError);
    expect(error.message).toContain("decoder.onnx: cannot be fetched");
    expect(error.cause).toBeInstanceOf(Error);
  });
});
