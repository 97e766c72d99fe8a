/** Starts the browsers of the tests. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Chromium's switches: WebGPU, and no traffic of its own. */
const SWITCHES = [
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** SwiftShader for WebGPU, and for the rest of the browser too, without which a canvas of WebGPU ends its GPU process. */
const SOFTWARE = [
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

/** Linux alone asks for Vulkan; a headless browser has no surface to draw to. */
const MACHINE =
  process.platform === "linux"
    ? [
        "--enable-features=Vulkan",
        "--use-angle=vulkan",
        "--disable-vulkan-surface",
        "--ignore-gpu-blocklist",
      ]
    : [];

/**
 * Starts a headless browser with a WebGPU adapter: SwiftShader, or the machine's own, which
 * `VAEPORT_GPU=1` makes the default.
 */
export function launchBrowser(
  executablePath: string,
  adapter: "software" | "machine" = process.env.VAEPORT_GPU === "1" ? "machine" : "software",
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [...SWITCHES, ...(adapter === "software" ? SOFTWARE : MACHINE)],
    chromiumSandbox: process.getuid?.() !== 0, // Chromium refuses its sandbox to root
  });
}

/** Opens a page in a headless Firefox with a profile of its own; nothing drives it, so the page must tell what it finds. */
export async function launchFirefox(executable: string, address: string): Promise<AsyncDisposable> {
  const profile = await mkdtemp(join(tmpdir(), "vaeport-firefox-"));
  const args = ["--headless", "--no-remote", "--profile", profile, address];
  const child = spawn(executable, args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}
