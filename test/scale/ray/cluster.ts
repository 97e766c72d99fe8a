/** A real Ray cluster on loopback: a head without processors, and nodes that can be killed. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { installRay } from "../../../scripts/lib/ray.mjs";
import { freePort } from "../free-port.js";
import { allProcesses, kill, type Process } from "../processes.js";

const OBJECT_STORE_BYTES = 200_000_000;
/** An actor for each node, and what reading, writing and checkpoints need beside it. */
const NODE_CPUS = "4";
const START_MILLISECONDS = 300_000;
/** Every node has an address of its own; Ray takes 127.0.0.1 for that of the machine. */
const address = (node: number) => `127.0.0.${node + 2}`;

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

export class RayCluster {
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #nodes: ChildProcess[] = [];

  private constructor(env: NodeJS.ProcessEnv, folder: string) {
    this.#env = env;
    this.#folder = folder;
  }

  /** A head, and nodes that run tasks. */
  static async start(nodes: number): Promise<RayCluster> {
    const port = await freePort();
    const head = `${address(0)}:${port}`;
    const env = {
      ...process.env,
      PYTHONPATH: await installRay(),
      RAY_ADDRESS: head,
      RAY_AUTH_MODE: "token",
      RAY_AUTH_TOKEN: randomBytes(32).toString("hex"),
      RAY_USAGE_STATS_ENABLED: "0",
      RAY_DATA_DISABLE_PROGRESS_BARS: "1",
    };
    // Sockets lie in this folder, and their paths must be short.
    const cluster = new RayCluster(env, mkdtempSync("/tmp/vr-"));
    cluster.#node([
      "--head",
      "--port",
      String(port),
      "--num-cpus",
      "0",
      "--include-dashboard",
      "false",
      "--temp-dir",
      cluster.#folder,
    ]);
    await cluster.#alive(1);
    for (let node = 1; node <= nodes; node++) {
      cluster.#node(["--address", head, "--num-cpus", NODE_CPUS]);
      await cluster.#alive(node + 1);
    }
    return cluster;
  }

  #node(args: readonly string[]): void {
    const common = [
      ...["--node-ip-address", address(this.#nodes.length), "--block", "--disable-usage-stats"],
      ...["--object-store-memory", String(OBJECT_STORE_BYTES)],
    ];
    const all = ["-m", "ray.scripts.scripts", "start", ...args, ...common];
    this.#nodes.push(spawn("python3", all, { env: this.#env, stdio: "ignore" }));
  }

  /** On a busy machine, Ray's own limits (15 and 30 s) can end a node before it is up. */
  #restartNewest(): void {
    const newest = this.#nodes.at(-1);
    if (newest === undefined || newest.exitCode === null) return;
    this.#nodes.pop();
    this.#nodes.push(
      spawn("python3", newest.spawnargs.slice(1), { env: this.#env, stdio: "ignore" }),
    );
  }

  async #alive(count: number): Promise<void> {
    const script =
      "import ray; ray.init(logging_level='ERROR'); print('alive', sum(n['Alive'] for n in ray.nodes()))";
    for (const started = Date.now(); Date.now() - started < START_MILLISECONDS; await sleep(500)) {
      const { code, output } = await this.#python(["-c", script]).ended;
      if (code === 0 && /^alive (\d+)$/m.exec(output)?.[1] === String(count)) return;
      this.#restartNewest();
    }
    throw new Error(`Ray had no ${count} nodes after ${START_MILLISECONDS / 1000} s.`);
  }

  /** Starts a driver, with these variables beside the cluster's. */
  run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return this.#python([script, ...args], env);
  }

  #python(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn("python3", args, { env: { ...this.#env, ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    const ended = new Promise<Outcome>((done) => {
      child.once("close", (code, signal) => done({ code, signal, output }));
    });
    return { child, ended };
  }

  /** The processes below this cluster's nodes whose command matches. */
  processes(pattern: RegExp): Process[] {
    const all = allProcesses();
    const below = new Set(this.#nodes.map(({ pid }) => pid));
    for (let before = -1; before !== below.size; ) {
      before = below.size;
      for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
    }
    return all.filter(({ pid, command }) => below.has(pid) && pattern.test(command));
  }

  /** Kills with SIGKILL the raylet of the newest node, and with it all of its workers. */
  killNode(): void {
    const node = this.#nodes.pop();
    const raylet = this.processes(/raylet\/raylet/); // those of the nodes that stay
    const others = new Set(raylet.map(({ pid }) => pid));
    if (node !== undefined) this.#nodes.push(node);
    for (const { pid } of this.processes(/raylet\/raylet/)) {
      if (!others.has(pid)) process.kill(pid, "SIGKILL");
    }
  }

  async stop(): Promise<void> {
    for (const { pid } of this.processes(/./)) kill(pid);
    for (const { pid } of this.#nodes) kill(pid);
    await sleep(500);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs a script with Ray's packages, outside of the cluster. */
export async function runWithRay(script: string, args: readonly string[]): Promise<string> {
  const PYTHONPATH = await installRay();
  return new Promise((done, fail) => {
    execFile(
      "python3",
      ["-c", script, ...args],
      { env: { ...process.env, PYTHONPATH } },
      (error, output) => {
        if (error === null) done(output);
        else fail(error);
      },
    );
  });
}
