/** Loopback servers for tests. */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TINY } from "./helpers.js";

const servers: Server[] = [];

/** Ends all servers and the connections to them. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The address of a server, which ends with `closeServers`. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves the tiny model below /model/, with chosen answers to chosen paths. */
export function serveTiny(answers: Record<string, RequestListener> = {}): Promise<string> {
  return serve((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const answer = answers[path];
    if (answer !== undefined) return answer(request, response);
    response.end(readFileSync(TINY + path.slice("/model".length)));
  });
}
