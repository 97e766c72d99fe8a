/**
 * Nightly: the packed inference package in a stranger's web app, by Vite's dev server, webpack, Next.js and the README's
 * page without a bundler, in Chromium and Firefox; and in other releases of Node.
 */
import { spawn } from "node:child_process";
import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { seededNormal } from "@vaeport/infer/random";
import { findBrowser, launchBrowser, launchFirefox, provideFirefox } from "@vaeport/test/browser";
import {
  blockWith,
  installInEmptyFolder,
  packPackages,
  type StrangersFolder,
} from "@vaeport/test/consumers";
import { plainPage, serve } from "@vaeport/test/page";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPnpm } from "../../scripts/lib/bootstrap.mjs";
import { expectClose, MODEL, nodeSamples } from "./browser-lab.js";

const APPS = fileURLToPath(new URL("../consumers/", import.meta.url));
const README = readFileSync(
  fileURLToPath(new URL("../../packages/infer/README.md", import.meta.url)),
  "utf8",
);
const PACKAGES = [
  "onnxruntime-web@1.30.0",
  "vite@8.3.8",
  "webpack@5.113.0",
  "webpack-cli@7.3.1",
  "next@16.4.6",
  "react@19.3.1",
  "react-dom@19.3.1",
];
const MINUTES = 60_000;

interface Outcome {
  error?: string;
  chosen: string;
  verified: boolean;
  threads: number;
  isolated: boolean;
  data: number[];
  noise: number[];
}

/** Holds what a page found to Node's numbers, and its threads to the page's isolation. */
async function expectOutcome(outcome: Outcome, isolated: boolean): Promise<void> {
  expect(outcome.error).toBeUndefined();
  const { chosen, verified, threads } = outcome;
  expect({ chosen, verified, threads, isolated: outcome.isolated }).toEqual({
    chosen: "wasm",
    verified: true,
    threads: isolated ? 2 : 1,
    isolated,
  });
  const wanted = await nodeSamples(MODEL, 9);
  const got = { data: Float32Array.from(outcome.data), shape: wanted.shape };
  expectClose("reconstruction", got, wanted);
  expect(outcome.noise).toEqual([...seededNormal(9, 1000)]);
}

describe.runIf(process.env.VAEPORT_NIGHTLY)("a stranger's web app", () => {
  let folder: StrangersFolder;
  let browser: Browser;

  beforeAll(async () => {
    await using tarballs = await packPackages(runPnpm);
    folder = await installInEmptyFolder([tarballs.of("infer"), ...PACKAGES]);
    for (const name of ["vite", "webpack", "next"]) {
      cpSync(join(APPS, name), join(folder.path, name), { recursive: true });
      copyFileSync(join(APPS, "app", "app.js"), join(folder.path, name, "app.js"));
    }
    browser = await launchBrowser(findBrowser()!, "software");
  }, 20 * MINUTES);
  afterAll(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Opens a page and waits for what it finds. */
  async function visit(address: string): Promise<Outcome> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    try {
      await page.goto(address);
      await page.waitForFunction(() => "outcome" in window, undefined, { timeout: 2 * MINUTES });
      return await page.evaluate(() => (window as unknown as { outcome: Outcome }).outcome);
    } catch (cause) {
      throw new Error(`${address} came to nothing; it said:\n${said.join("\n")}`, { cause });
    } finally {
      await context.close();
    }
  }

  /** Serves what a bundler made, with and without isolation from other origins. */
  async function expectServed(built: string): Promise<void> {
    for (const isolated of [true, false]) {
      const server = await serve({ "/": built, "/model/": MODEL }, { isolated });
      try {
        await expectOutcome(await visit(`${server.origin}/`), isolated);
      } finally {
        await server.close();
      }
    }
  }

  async function succeed(command: string, args: string[]): Promise<void> {
    const { status, stdout, stderr } = await folder.run(command, args);
    expect(status, `${stdout}\n${stderr}`).toBe(0);
  }

  test("by webpack", async () => {
    const config = ["--context", "webpack", "--config", "webpack/webpack.config.mjs"];
    await succeed("npx", ["webpack", ...config]);
    const built = join(folder.path, "webpack", "dist");
    copyFileSync(join(APPS, "webpack", "index.html"), join(built, "index.html"));
    await expectServed(built);
  });

  test("by Next.js, which renders the page on a server without onnxruntime-node first", async () => {
    await succeed("npx", ["next", "build", "next"]);
    await expectServed(join(folder.path, "next", "out"));
  });

  test("by Vite's dev server", async () => {
    cpSync(MODEL, join(folder.path, "vite", "public", "model"), { recursive: true });
    const bin = join(folder.path, "node_modules", "vite", "bin", "vite.js");
    const child = spawn(process.execPath, [bin, "--host", "127.0.0.1"], {
      cwd: join(folder.path, "vite"),
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: process.env.PATH, NO_COLOR: "1" },
    });
    try {
      const address = await new Promise<string>((resolve, reject) => {
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
          const [found] = /http:\/\/127\.0\.0\.1:\d+\//.exec(chunk) ?? [];
          if (found) resolve(found);
        });
        child.once("close", (status) => reject(new Error(`vite ended with status ${status}`)));
      });
      await expectOutcome(await visit(address), false);
    } finally {
      child.kill();
    }
  });

  test("without a bundler, by the README's commands and page as written", async () => {
    const commands = blockWith(README, "sh", "public/vaeport").replaceAll(/#.*$/gm, "");
    await succeed("bash", ["-euc", commands]);
    const html = blockWith(README, "html", "vaeport-infer.js");
    const shown = html.replace("</script>", "  window.outcome = [...data];\n</script>");
    writeFileSync(join(folder.path, "public", "index.html"), `<!doctype html>${shown}`);
    cpSync(MODEL, join(folder.path, "public", "models", "mnist-dense-20"), { recursive: true });
    const server = await serve({ "/": join(folder.path, "public") });
    try {
      const data = (await visit(`${server.origin}/`)) as unknown as number[];
      expect(data).toHaveLength(16 * 28 * 28);
      expect(data.some((value) => value > 0.5)).toBe(true);
    } finally {
      await server.close();
    }
  });
});

describe.runIf(process.env.VAEPORT_NIGHTLY)("Firefox", () => {
  test.each([true, false])(
    "on a page without a bundler, isolated %s, has Node's numbers",
    async (isolated) => {
      const firefox = provideFirefox();
      const built = await plainPage();
      let tell: (outcome: Outcome) => void;
      const told = new Promise<Outcome>((resolve) => {
        tell = resolve;
      });
      const folders = {
        ...built.folders,
        "/firefox/": join(APPS, "firefox"),
        "/model/": MODEL,
      };
      const server = await serve(folders, {
        isolated,
        answers: {
          "/report": async (request, response) => {
            tell(JSON.parse(await text(request)));
            response.end();
          },
          "/app.js": (_, response) => {
            response.setHeader("Content-Type", "text/javascript");
            response.end(readFileSync(join(APPS, "app", "app.js")));
          },
        },
      });
      const running = await launchFirefox(firefox, `${server.origin}/firefox/`);
      try {
        await expectOutcome(await told, isolated);
      } finally {
        await running[Symbol.asyncDispose]();
        await server.close();
        await built.remove();
      }
    },
  );
});
