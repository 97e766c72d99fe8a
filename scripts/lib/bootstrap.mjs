/** From a fresh clone to built packages: pnpm, dependencies, build. Needs only Node and npm. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, createFolder, repository } from "./folders.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./steps.mjs";

const { packageManager } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
const pnpmFolder = join(cacheFolder(), packageManager.replace("@", "-"));
const pnpmCli = join(pnpmFolder, "node_modules", "pnpm", "bin", "pnpm.cjs");

/** The steps that every command of the repository starts with. */
export const bootstrapSteps = [
  { title: `Node ${process.versions.node}`, run: checkNode },
  { title: `${packageManager} (kept in the user's cache, nothing global)`, run: installPnpm },
  { title: "dependencies (pnpm install)", run: installDependencies },
  { title: "build", run: build },
];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(
      `Node ${process.versions.node} is too old: 20.19 or newer is needed. Install a current Node.`,
    );
  }
}

async function installPnpm() {
  if (existsSync(pnpmCli)) return;
  await createFolder(pnpmFolder, async (temporary) => {
    const args = [
      "install",
      "--prefix",
      temporary,
      "--no-save",
      "--ignore-scripts",
      packageManager,
    ];
    if ((await runNpm(args)) !== 0) {
      throw new SetupError(
        `npm could not fetch ${packageManager}. Check the network and npm's registry setting ` +
          "(npm ping), then run this again.",
      );
    }
  });
}

/** @param {readonly string[]} args */
function runNpm(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith("npm-cli.js") ? run(process.execPath, [cli, ...args]) : run("npm", args);
}

/**
 * Runs the project's own pnpm in the repository.
 *
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options]
 */
export function runPnpm(args, options) {
  return run(process.execPath, [pnpmCli, ...args], { ...options, cwd: repository });
}

async function installDependencies() {
  if ((await runPnpm(["install", "--frozen-lockfile"])) !== 0) {
    throw new SetupError(
      "pnpm could not install the dependencies; its message is above. Check the network and the " +
        "free disk space, then run this again.",
    );
  }
}

/** Builds the packages and, since it refers to them all, by way of `test`. */
async function build() {
  const commands = [
    ["exec", "tsc", "-b", "test"],
    ["exec", "node", "packages/infer/scripts/build-browser.mjs"],
  ];
  for (const command of commands) {
    if ((await runPnpm(command)) === 0) continue;
    throw new SetupError("The build failed; its messages are above. Run: npm run build");
  }
}
