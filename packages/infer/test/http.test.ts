/** Reading over HTTP: servers that fail at first, and how far a load has come. */
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { loadVae, SourceError } from "@vaeport/infer";
import { afterEach, describe, expect, test } from "vitest";
import { TINY, tinyFiles } from "./helpers.js";
import { closeServers, serveTiny } from "./servers.js";

afterEach(closeServers);

describe("a server that fails at first", () => {
  /** Answers the encoder so many times with what is given, then as it should. */
  async function flaky(times: number, answer: RequestListener): Promise<string> {
    let left = times;
    return serveTiny({
      "/model/encoder.onnx": (request, response) => {
        if (left-- > 0) return answer(request, response);
        response.end(readFileSync(`${TINY}/encoder.onnx`));
      },
    });
  }
  const load = async (url: string) => (await loadVae(url)).dispose();
  const status = (code: number): RequestListener => {
    return (_, response) => response.writeHead(code).end();
  };

  test("is asked again: busy, down, or a connection that was cut", async () => {
    await load(`${await flaky(2, status(503))}/model/`);
    await load(`${await flaky(1, status(429))}/model/`);
    const cut: RequestListener = (request) => request.socket.destroy();
    await load(`${await flaky(1, cut)}/model/`);
  });

  test("is given up after three tries, and at once where another try would not help", async () => {
    for (const [times, code] of [
      [3, 500],
      [1, 403],
    ] as const) {
      const loading = load(`${await flaky(times, status(code))}/model/`);
      await expect(loading).rejects.toThrow(SourceError);
      await expect(loading).rejects.toThrow(`the server answered ${code}`);
    }
  });

  test("is not waited for once the load is given up", async () => {
    const abort = new AbortController();
    const origin = await flaky(9, (_, response) => {
      response.writeHead(503).end();
      setTimeout(() => abort.abort(new Error("the user left")), 20);
    });
    const load = loadVae(`${origin}/model/`, { signal: abort.signal });
    await expect(load).rejects.toThrow("the user left");
  });
});

describe("progress", () => {
  const total = Object.values(tinyFiles()).reduce((sum, { length }) => sum + length, 0);

  test.each(["disk", "http"])("from %s ends at the sum of the graphs' bytes", async (from) => {
    const source = from === "disk" ? TINY : `${await serveTiny()}/model/`;
    const seen: { loaded: number; total: number }[] = [];
    await using vae = await loadVae(source, { onProgress: (progress) => seen.push(progress) });
    expect(vae.runtime.verified).toBe(true);
    expect(seen.at(-1)).toEqual({ loaded: total, total });
    expect(seen.every(({ loaded }, index) => loaded >= (seen[index - 1]?.loaded ?? 0))).toBe(true);
  });

  test("that throws ends the load with what it threw", async () => {
    const onProgress = () => {
      throw new Error("a fault of the page");
    };
    for (const source of [TINY, `${await serveTiny()}/model/`]) {
      await expect(loadVae(source, { onProgress })).rejects.toThrow("a fault of the page");
    }
  });
});
