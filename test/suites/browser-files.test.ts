/** A model's files on their way into a browser: kept, offline, tampered with, missing, cut off. */
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import type { Site } from "@vaeport/test/page";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, MODEL, startLab } from "./browser-lab.js";

const GRAPHS = ["decoder.onnx", "encoder.onnx", "score.onnx"];
const encoder = readFileSync(join(MODEL, "encoder.onnx"));

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.[Symbol.asyncDispose]());

describe("cache: true", () => {
  /** Loads the model and draws from it; says what was asked of the server. */
  async function load({ page }: Site) {
    const asked: string[] = [];
    const note = (request: { url(): string }) => asked.push(new URL(request.url()).pathname);
    page.on("request", note);
    const { files, drawn } = await page.evaluate(async () => {
      const vae = await window.vaeport.loadVae("/model/", { provider: "wasm", cache: true });
      return { files: vae.runtime.files, drawn: await vae.sample(1, { seed: 3 }) };
    });
    page.off("request", note);
    const cached = [...files.cached].sort();
    return {
      files: { ...files, cached },
      drawn,
      asked: asked.filter((path) => path.startsWith("/model/")),
    };
  }

  test("fetches vae.json alone the second time, and works offline", async () => {
    await using site = await lab.open();
    const first = await load(site);
    expect(first.files).toEqual({ offline: false, cached: [] });
    expect(first.asked).toHaveLength(4);

    await site.reload();
    const second = await load(site);
    expect(second.files).toEqual({ offline: false, cached: GRAPHS });
    expect(second.asked).toEqual(["/model/vae.json"]);

    await site.server.close();
    const offline = await load(site);
    expect(offline.files).toEqual({ offline: true, cached: GRAPHS });
    expect(offline.drawn).toEqual(first.drawn);
    const without = await site.page.evaluate(() =>
      window.vaeport.failure(window.vaeport.loadVae("/model/", { provider: "wasm" })),
    );
    expect(without).toMatchObject({ own: true, name: "SourceError" });
  });

  test("goes on where the disk has no room for it, and says so", async () => {
    await using site = await lab.open();
    const tools = await site.page.context().newCDPSession(site.page);
    const { origin } = site.server;
    await tools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 10_000 });
    const { files, drawn } = await load(site);
    expect(files).toMatchObject({ cached: [], cacheError: expect.stringMatching(/quota/i) });
    expect(drawn.shape).toEqual([1, 28, 28, 1]);
  });

  test("fetches what was changed in the cache anew", async () => {
    await using site = await lab.open();
    const first = await load(site);
    await site.page.evaluate(async () => {
      for (const name of await caches.keys()) {
        const store = await caches.open(name);
        for (const request of await store.keys()) await store.put(request, new Response("else"));
      }
    });
    const second = await load(site);
    expect(second.files).toEqual({ offline: false, cached: [] });
    expect(second.drawn).toEqual(first.drawn);
    expect((await load(site)).files.cached).toEqual(GRAPHS);
  });
});

describe("a server that gives", () => {
  const html: RequestListener = (_, response) => {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end("<!doctype html>");
  };
  const bytes =
    (body: Uint8Array): RequestListener =>
    (_, response) => {
      response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(body);
    };
  const tampered = Uint8Array.from(encoder);
  tampered[tampered.length >> 1]! ^= 1;
  const cut: RequestListener = (_, response) => {
    response.writeHead(200, { "Content-Length": encoder.length });
    response.write(encoder.subarray(0, 1000), () => response.destroy());
  };
  const status =
    (code: number): RequestListener =>
    (_, response) => {
      response.writeHead(code).end();
    };

  const cases = [
    {
      what: "a changed graph",
      file: "encoder.onnx",
      answer: bytes(tampered),
      error: { name: "ModelFileError", file: "encoder.onnx" },
      says: /^encoder\.onnx: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}/,
      asked: 1,
    },
    {
      what: "a graph cut short",
      file: "encoder.onnx",
      answer: bytes(encoder.subarray(0, 1000)),
      error: { name: "ModelFileError", file: "encoder.onnx" },
      says: new RegExp(`^encoder\\.onnx: expected ${encoder.length} bytes, got 1000`),
      asked: 1,
    },
    ...["vae.json", "score.onnx"].map((file) => ({
      what: `HTML for ${file}`,
      file,
      answer: html,
      error: { name: "SourceError" },
      says: new RegExp(`/${file}: the server answered with an HTML page`),
      asked: 1,
    })),
    {
      what: "404",
      file: "decoder.onnx",
      answer: status(404),
      error: { name: "SourceError" },
      says: /\/decoder\.onnx: the server answered 404/,
      asked: 1,
    },
    {
      what: "500, three times",
      file: "decoder.onnx",
      answer: status(500),
      error: { name: "SourceError" },
      says: /\/decoder\.onnx: the server answered 500/,
      asked: 3,
    },
    {
      what: "a connection that is cut, three times",
      file: "encoder.onnx",
      answer: cut,
      error: { name: "SourceError" },
      says: /\/encoder\.onnx: cannot be fetched/,
      asked: 3,
    },
  ];

  const answers: Record<string, RequestListener> = {};
  let page: Site["page"];
  beforeAll(async () => {
    ({ page } = await lab.open({ answers }));
  });

  test.each(cases)("$what is a typed error", async ({ file, answer, error, says, asked }) => {
    let times = 0;
    const path = `/model/${file}`;
    answers[path] = (request, response) => {
      times++;
      answer(request, response);
    };
    const failure = await page
      .evaluate(() => window.vaeport.failure(window.vaeport.loadVae("/model/")))
      .finally(() => delete answers[path]);
    expect(failure).toMatchObject({ own: true, ...error });
    expect(failure.message).toMatch(says);
    expect(times).toBe(asked);
  });
});

describe("what the app itself must serve", () => {
  test.each([
    ["missing WASM files", "/nowhere/"],
    ["HTML in their place", "/index.html?"],
  ])("%s: the error names wasmPaths", async (_, wasmPaths) => {
    await using site = await lab.open();
    const failure = await site.page.evaluate((paths) => {
      const options = { provider: "wasm", wasmPaths: new URL(paths, location.href).href };
      return window.vaeport.failure(window.vaeport.loadVae("/model/", options));
    }, wasmPaths);
    expect(failure).toMatchObject({ own: true, name: "ProviderError" });
    expect(failure.message).toMatch(
      /own \.wasm and \.mjs files are not served.*pass its URL as `wasmPaths`/,
    );
  });

  test("a worker whose script does not load is an InferError", async () => {
    await using site = await lab.open();
    const failure = await site.page.evaluate(() => {
      const { workerRuntime, loadVae, failure } = window.vaeport;
      return failure(loadVae("/model/", { runtime: workerRuntime("/no-such-worker.js") }));
    });
    expect(failure).toMatchObject({ own: true, name: "InferError" });
    expect(failure.message).toMatch(/web worker does not answer.*serveVae/);
  });
});
