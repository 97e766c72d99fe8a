/** `npm run explore` as a terminal runs it: it builds, serves, and Ctrl-C ends all of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../scale/free-port.js";

const SCRIPT = fileURLToPath(new URL("../../scripts/explore.mjs", import.meta.url));

let script: ChildProcess;
/** A terminal's Ctrl-C goes to the script and to all that it has started. */
const interrupt = () => process.kill(-script.pid!, "SIGINT");
afterEach(() => {
  if (script.exitCode === null && script.signalCode === null) interrupt();
});

/** Starts the script as the leader of a group, and collects what it prints. */
function start(...args: string[]) {
  let printed = "";
  script = spawn(process.execPath, [SCRIPT, ...args], { detached: true });
  script.stdout!.on("data", (data) => (printed += data));
  script.stderr!.on("data", (data) => (printed += data));
  const closed = once(script, "close");
  return { printed: () => printed, closed };
}

test("serves the built page until it is interrupted", { timeout: 120_000 }, async () => {
  const port = await freePort();
  const { printed, closed } = start("--port", String(port), "--strictPort");
  const address = `http://localhost:${port}/`;
  await expect.poll(printed, { timeout: 90_000, interval: 200 }).toContain(address);
  const response = await fetch(address);
  expect(response.status).toBe(200);
  const html = await response.text();
  expect(html).toContain("<title>");
  const [, module] = /<script type="module"[^>]* src="([^"]+)"/.exec(html)!;
  expect(await fetch(new URL(module!, address))).toMatchObject({ status: 200 });

  interrupt();
  const [status, signal] = await closed;
  expect(status === 130 || signal === "SIGINT").toBe(true); // 130 either way, in a shell
  await expect(fetch(address)).rejects.toThrow();
});

test("ends with 1 where its port is taken", { timeout: 120_000 }, async () => {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { printed, closed } = start("--port", String(port), "--strictPort");
  const [status] = await closed;
  server.close();
  expect(status).toBe(1);
  expect(printed()).toContain(`Port ${port} is already in use`);
});
