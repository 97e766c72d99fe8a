/** A small static file server on the loopback interface. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".onnx": "application/octet-stream",
  ".wasm": "application/wasm",
};

/** Isolation from other origins, which threads of WASM need. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export interface ServeOptions {
  /** Whether pages are isolated from other origins; true by default. */
  isolated?: boolean;
  /** Other answers than the file, by path. */
  answers?: Record<string, RequestListener>;
}

export interface FileServer {
  origin: string;
  /** Ends the server and its connections. */
  close(): Promise<void>;
}

/** Serves folders under URL prefixes; the longest prefix wins. Does not keep its process alive. */
export async function serve(
  folders: Record<string, string>,
  { isolated = true, answers = {} }: ServeOptions = {},
): Promise<FileServer> {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? "/").split("?")[0]!));
    const answer = answers[path];
    if (answer) return answer(request, response);
    const prefix = prefixes.find((candidate) => path.startsWith(candidate)) ?? "/";
    const rest = path.slice(prefix.length) || "index.html";
    const file = join(folders[prefix]!, rest);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, {
      "Content-Type": type,
      "Content-Length": found.size,
      ...(isolated ? ISOLATION : {}),
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
