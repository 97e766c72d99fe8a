/** A worker of a pool. */
import { parentPort } from "node:worker_threads";
import { runtime } from "./node.js";
import { serveRuntime } from "./remote-server.js";

const port = parentPort!;
port.on(
  "message",
  serveRuntime(runtime, (message, transfer) => port.postMessage(message, transfer)),
);
