/** Reading over HTTP: servers that fail at first, and how far a load has come. */
import { execFile as execFileWithCallback } from "node:child_process";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { promisify } from "node:util";
import { loadVae, SourceError } from "@vaeport/infer";
import { afterEach, describe, expect, test } from "vitest";
import { TINY, tinyFiles } from "./helpers.js";
import { closeServers, serve, serveTiny } from "./servers.js";

const execFile = promisify(execFileWithCallback);

afterEach(closeServers);

test.each(["/model/", "/model/vae.json"])("the query of %s goes with every file", async (path) => {
  const asked: string[] = [];
  const origin = await serve(({ url }, response) => {
    asked.push(url!);
    response.end(readFileSync(TINY + new URL(url!, origin).pathname.slice("/model".length)));
  });
  await (await loadVae(`${origin}${path}?signature=a%2Fb&v=2`)).dispose();
  const files = ["decoder.onnx", "encoder.onnx", "score.onnx", "vae.json"];
  expect(asked.sort()).toEqual(files.map((file) => `/model/${file}?signature=a%2Fb&v=2`));
});

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

  test("is given up where nothing comes for the time allowed, before the answer or within it", async () => {
    const silent: RequestListener = () => {};
    const stuck: RequestListener = (_, response) => {
      response.write("a little");
    };
    for (const answer of [silent, stuck]) {
      const origin = await flaky(1, answer);
      await (await loadVae(`${origin}/model/`, { timeout: 150 })).dispose();
      const never = loadVae(`${await flaky(3, answer)}/model/`, { timeout: 50 });
      await expect(never).rejects.toThrow(/encoder\.onnx: nothing came for 50 ms/);
      await expect(never).rejects.toThrow(SourceError);
    }
  });

  test("may be slow, as long as it goes on", async () => {
    const bytes = readFileSync(`${TINY}/encoder.onnx`);
    const pieces = Array.from({ length: 6 }, (_, i) => {
      return bytes.subarray((i * bytes.length) / 6, ((i + 1) * bytes.length) / 6);
    });
    const origin = await flaky(1, async (_, response) => {
      for (const piece of pieces) {
        response.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      response.end();
    });
    await (await loadVae(`${origin}/model/`, { timeout: 1000 })).dispose();
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

describe("what nobody waits for ends", () => {
  test("the pause before another try, which would hold the process, when the load is given up", async () => {
    const origin = await serveTiny({
      "/model/vae.json": (_, response) => response.writeHead(503).end(),
    });
    const code = `
      import { loadVae } from ${JSON.stringify(import.meta.resolve("@vaeport/infer"))};
      const { fetch } = globalThis;
      const abort = new AbortController();
      globalThis.fetch = (...call) => {
        const answer = fetch(...call);
        answer.then(() => setTimeout(() => abort.abort(), 50)); // 150 ms before the next try
        return answer;
      };
      const { signal } = abort;
      await loadVae("${origin}/model/", { signal }).catch(({ name }) => {
        console.log(name, process.getActiveResourcesInfo().filter((kind) => kind === "Timeout"));
      });`;
    const { stdout } = await execFile(process.execPath, ["--input-type=module", "-e", code]);
    expect(stdout).toBe("AbortError []\n");
  });

  test("the other graphs, when one fails", async () => {
    const aborted = new Promise<void>((resolve) => {
      void serveTiny({
        "/model/decoder.onnx": (_, response) => response.writeHead(404).end(),
        "/model/encoder.onnx": (_, response) => {
          response.on("close", resolve);
          response.write("slowly");
        },
      }).then((origin) => expect(loadVae(`${origin}/model/`)).rejects.toThrow("404"));
    });
    await aborted;
  });
});

describe("a redirect", () => {
  const to =
    (location: string): RequestListener =>
    (_, response) => {
      response.writeHead(302, { Location: location }).end();
    };

  test("is followed", async () => {
    const answers = ["vae.json", "encoder.onnx"].map((file) => [
      `/latest/${file}`,
      to(`/model/${file}`),
    ]);
    const origin = await serveTiny({
      ...Object.fromEntries(answers),
      "/latest/decoder.onnx": to("/latest/more/decoder.onnx"),
      "/latest/more/decoder.onnx": to("/model/decoder.onnx"),
      "/latest/score.onnx": to("/model/score.onnx"),
    });
    await (await loadVae(`${origin}/latest/`)).dispose();
  });

  test("to a page (a login, say) or in a circle is a typed error", async () => {
    const origin = await serveTiny({
      "/model/decoder.onnx": to("/login"),
      "/login": (_, response) => response.setHeader("Content-Type", "text/html").end("<html>"),
      "/circle/vae.json": to("/circle/vae.json"),
    });
    const page = loadVae(`${origin}/model/`);
    await expect(page).rejects.toThrow(SourceError);
    await expect(page).rejects.toThrow(/decoder\.onnx: the server answered with an HTML page/);
    const circle = loadVae(`${origin}/circle/`);
    await expect(circle).rejects.toThrow(SourceError);
    await expect(circle).rejects.toThrow(/circle\/vae\.json: cannot be fetched/);
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
