/** A real Slurm cluster on loopback: controller, munge, and nodes that can be killed. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canInstall, provideCommand } from "../../../scripts/lib/debian.mjs";
import { outputOf } from "../../../scripts/lib/run.mjs";
import { freePort } from "../free-port.js";
import { allProcesses, environmentOf, kill } from "../processes.js";

const START_MILLISECONDS = 60_000;
/** Seconds without an answer after which a node is down, and after which its tasks may begin again elsewhere. */
const NODE_TIMEOUT = 10;
const REQUEUE_DELAY = 10;

/** Why Slurm does not run here; undefined where it does. */
export function slurmObstacle(): string | undefined {
  if (outputOf("slurmd", ["--version"]) !== undefined || canInstall()) return undefined;
  return "it needs Slurm (Debian or Ubuntu: apt-get install slurm-wlm munge), or root to install it";
}

export interface Submission {
  /** Indices, such as `0-3`. */
  array: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** A task of an array job. */
export interface Task {
  index: number;
  state: string;
  /** How often it was requeued. */
  restarts: number;
}

export class SlurmCluster {
  readonly #folder = mkdtempSync("/tmp/vs-"); // sockets lie there, and their paths must be short
  readonly #env = { ...process.env, SLURM_CONF: join(this.#folder, "slurm.conf") };
  readonly #services: ChildProcess[] = [];
  readonly #nodes: { name: string; child: ChildProcess }[] = [];

  /** A controller, and nodes with a processor pair each. */
  static async start(nodes: number): Promise<SlurmCluster> {
    await provideCommand("slurmd", "slurm-wlm", "munge");
    const cluster = new SlurmCluster();
    try {
      await cluster.#start(nodes);
    } catch (error) {
      cluster.stop();
      throw error;
    }
    return cluster;
  }

  async #start(nodes: number): Promise<void> {
    const names = Array.from({ length: nodes }, (_, node) => `n${node + 1}`);
    const host = hostname().split(".")[0] as string;
    const lines = [
      ...["ClusterName=local", `SlurmctldHost=${host}(127.0.0.1)`],
      ...["SlurmUser", "SlurmdUser"].map((key) => `${key}=${outputOf("id", ["-un"])}`),
      ...["AuthType=auth/munge", "CredType=cred/munge", "MpiDefault=none", "TaskPlugin=task/none"],
      `AuthInfo=socket=${this.#at("munge.socket")},cred_expire=${REQUEUE_DELAY}`,
      `SlurmctldPort=${await freePort()}`,
      ...[`StateSaveLocation=${this.#folder}`, `SlurmctldPidFile=${this.#at("slurmctld.pid")}`],
      ...[`SlurmdSpoolDir=${this.#at("%n")}`, `SlurmdPidFile=${this.#at("%n.pid")}`],
      ...["ProctrackType=proctrack/linuxproc", "SlurmdParameters=config_overrides"],
      ...["SelectType=select/cons_tres", "SelectTypeParameters=CR_Core_Memory"],
      `SlurmdTimeout=${NODE_TIMEOUT}`,
      ...(await Promise.all(
        names.map(async (name) => {
          const place = `NodeHostname=${host} NodeAddr=127.0.0.1 Port=${await freePort()}`;
          return `NodeName=${name} ${place} CPUs=2 RealMemory=4096`;
        }),
      )),
      `PartitionName=main Nodes=${names.join()} Default=YES State=UP`,
    ];
    writeFileSync(this.#at("slurm.conf"), `${lines.join("\n")}\n`);
    writeFileSync(this.#at("munge.key"), randomBytes(1024), { mode: 0o600 });
    const files = ["key-file", "pid-file", "log-file", "seed-file"].map(
      (option) => `--${option}=${this.#at(option.replace(/(.*)-file/, "munge.$1"))}`,
    );
    const socket = `--socket=${this.#at("munge.socket")}`;
    this.#services.push(this.#spawn("munged", ["--foreground", "--force", socket, ...files]));
    await until(() => existsSync(this.#at("munge.socket")), "munge has no socket");
    this.#services.push(this.#spawn("slurmctld", ["-D", "-c"]));
    for (const name of names) {
      this.#nodes.push({ name, child: this.#spawn("slurmd", ["-D", "-N", name]) });
    }
    await until(() => this.#idleNodes() === nodes, `Slurm has no ${nodes} nodes`);
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  #spawn(command: string, args: readonly string[]): ChildProcess {
    return spawn(command, args, { env: this.#env, stdio: "ignore" });
  }

  #idleNodes(): number {
    try {
      const names = this.#ask("sinfo", ["--noheader", "--Node", "--states=idle", "--format=%N"]);
      return new Set(names.split("\n").filter((name) => name !== "")).size;
    } catch {
      return 0; // the controller is not up
    }
  }

  #ask(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
    const options = { env: { ...this.#env, ...env }, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync(command, args, options).trim();
  }

  /** Queues an array job, with these variables beside ours; its logs go to `cwd`. Gives its id. */
  submit(script: string, args: readonly string[], { array, cwd, env }: Submission): string {
    const options = ["--parsable", `--array=${array}`, `--chdir=${cwd}`];
    return this.#ask("sbatch", [...options, script, ...args], env);
  }

  /** The tasks of an array job that have begun, and what became of them. */
  tasks(job: string): Task[] {
    const lines = this.#ask("scontrol", ["--oneliner", "show", "job", job]).split("\n");
    const field = (line: string, name: string) => RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1] ?? "";
    return lines.map((line) => ({
      index: Number(field(line, "ArrayTaskId")),
      state: field(line, "JobState"),
      restarts: Number(field(line, "Restarts")),
    }));
  }

  /** Indices of the tasks that run on the newest node. */
  tasksOnNewest(): number[] {
    const indices = this.#processesOn(this.#nodes.at(-1)?.name).map(({ pid }) =>
      Number(environmentOf(pid).SLURM_ARRAY_TASK_ID),
    );
    return [...new Set(indices)];
  }

  #processesOn(node: string | undefined) {
    return allProcesses().filter(({ pid }) => {
      const { SLURMD_NODENAME, SLURM_CONF } = environmentOf(pid);
      return SLURMD_NODENAME === node && SLURM_CONF === this.#env.SLURM_CONF;
    });
  }

  /** Kills with SIGKILL the newest node's daemon, the tasks on it, and what watches over them. */
  killNode(): void {
    const node = this.#nodes.pop();
    if (node !== undefined) this.#kill(node);
  }

  #kill({ name, child }: { name: string; child: ChildProcess }): void {
    kill(child.pid);
    const tasks = this.#processesOn(name);
    const parents = new Set(tasks.map(({ parent }) => parent));
    const watchers = allProcesses().filter(
      ({ pid, command }) => parents.has(pid) && command.startsWith("slurmstepd"),
    );
    for (const { pid } of [...watchers, ...tasks]) kill(pid);
  }

  stop(): void {
    for (const node of this.#nodes) this.#kill(node);
    for (const { pid } of this.#services) kill(pid);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (const started = Date.now(); Date.now() - started < START_MILLISECONDS; await sleep(200)) {
    if (condition()) return;
  }
  throw new Error(`${otherwise} after ${START_MILLISECONDS / 1000} s.`);
}
