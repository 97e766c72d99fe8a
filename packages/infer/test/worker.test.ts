/** Graphs that run on the other side of a channel, as they do in a web worker. */
import { MessageChannel } from "node:worker_threads";
import { loadVae } from "@vaeport/infer";
import { serveVae, workerRuntime } from "@vaeport/infer/worker";
import { afterEach, expect, test } from "vitest";
import { RemoteClient } from "../src/runtime/remote-client.js";
import type { RemoteRequest } from "../src/runtime/remote-messages.js";
import { serveRuntime } from "../src/runtime/remote-server.js";
import { expected, fakeRuntime, TINY, tinyFiles } from "./helpers.js";

const { x, z } = expected() as Record<"x" | "z", { data: Float32Array; shape: number[] }>;

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

/** The page's end of a channel whose other end serves. */
function start() {
  const channel = new MessageChannel();
  channels.push(channel);
  serveVae(channel.port2 as never);
  return workerRuntime(channel.port1 as never);
}

test("gives the numbers of this thread, to the bit, and reports the worker's provider", async () => {
  await using here = await loadVae(TINY, { provider: "cpu", threads: 1 });
  await using there = await loadVae(TINY, { runtime: start(), provider: "cpu", threads: 1 });
  expect({ ...there.runtime, attempts: 0 }).toEqual({ ...here.runtime, attempts: 0 });
  const draws = { samples: 2, seed: 3 };
  expect(await there.score(x, draws)).toEqual(await here.score(x, draws));
  const calls = await Promise.all([1, 2, 3].map((seed) => there.sample(2, { seed })));
  for (const [index, call] of calls.entries()) {
    expect(call).toEqual(await here.sample(2, { seed: index + 1 }));
  }
});

test("two models share a worker; each has its own sessions, and reload makes new ones", async () => {
  const runtime = start();
  const one = await loadVae(TINY, { runtime, provider: "cpu" });
  const two = await loadVae(TINY, { runtime, provider: "cpu" });
  const wanted = await one.decode(z);
  await one.dispose();
  expect(await two.decode(z)).toEqual(wanted);
  await two.reload();
  expect(await two.decode(z)).toEqual(wanted);
  await two.dispose();
});

test("a provider that the worker does not have is an attempt with the platform's remedy", async () => {
  const load = loadVae(TINY, { runtime: start(), provider: "wasm" });
  await expect(load).rejects.toThrow("has no provider wasm here");
});

/** A client and a server of a made-up runtime, joined without a channel. */
function join(runtime: Parameters<typeof serveRuntime>[0]) {
  let take = (_request: RemoteRequest) => {};
  const client = new RemoteClient({ post: (request) => take(request) });
  take = serveRuntime(runtime, (message) => client.receive(message));
  return client;
}

test("what a run throws arrives with its words and name", async () => {
  const failure = Object.assign(new Error("memory access out of bounds"), { name: "RuntimeError" });
  const client = join(fakeRuntime({ fake: { failingRuns: [0], failure } }, ["fake"]));
  await client.ask({ open: "fake", options: { threads: undefined, automatic: true } });
  const create = tinyFiles()["encoder.onnx"]!;
  expect(await client.ask({ create, provider: 0, strict: false })).toMatchObject({
    inputNames: ["x"],
    wholeGraph: true,
  });
  const run = { run: 0, feeds: { x }, fetches: ["mean"] };
  await expect(client.ask(run)).rejects.toThrow(failure);
  await expect(client.ask(run)).resolves.toHaveProperty("mean");
});

test("a device lost in the worker is told", async () => {
  const lost = Promise.resolve({ message: "the driver was restarted" });
  const client = join(fakeRuntime({ fake: { lost } }, ["fake"]));
  await client.ask({ open: "fake", options: { threads: undefined, automatic: true } });
  const told = client.lost(0);
  await client.ask({ create: new Uint8Array(1), provider: 0, strict: false });
  expect(await told).toEqual({ message: "the driver was restarted" });
});

test("a worker whose script fails ends its calls", async () => {
  const listeners: Record<string, (event: never) => void> = {};
  const worker = {
    postMessage: () => {},
    addEventListener: (type: string, listener: (event: never) => void) => {
      listeners[type] = listener;
    },
  };
  const load = loadVae(TINY, { runtime: workerRuntime(worker), provider: "cpu" });
  const failed = expect(load).rejects.toThrow("its script does not load");
  await new Promise((resolve) => setTimeout(resolve, 50));
  listeners.error!({} as never);
  await failed;
});

test("a worker that does not serve holds no load that is given up", async () => {
  const silent = { postMessage: () => {}, addEventListener: () => {} };
  const signal = AbortSignal.timeout(20);
  const load = loadVae(TINY, { runtime: workerRuntime(silent), provider: "cpu", signal });
  await expect(load).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
});

test("a request that cannot be sent leaves the answers of others in order", async () => {
  const runtime = start();
  const sessionOptions = { extra: { hook() {} } };
  const load = loadVae(TINY, { runtime, provider: "cpu", sessionOptions });
  await expect(load).rejects.toThrow("could not be cloned");
  await using vae = await loadVae(TINY, { runtime, provider: "cpu" });
  expect((await vae.decode(z)).data).toHaveLength(z.data.length * 6);
});

test("a client whose worker ends rejects what waits and what comes", async () => {
  const client = new RemoteClient({ post: () => {} });
  const waiting = client.ask({ release: 0 });
  const idle = client.idle();
  client.fail(new Error("the worker thread ended"));
  await expect(waiting).rejects.toThrow("the worker thread ended");
  await expect(client.ask({ release: 1 })).rejects.toThrow("the worker thread ended");
  expect(client.alive).toBe(false);
  await idle;
});
