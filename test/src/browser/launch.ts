/** Starts the browser that the parity and end-to-end suites drive. */
import { type Browser, chromium } from "playwright-core";

/** Chromium's switches: software WebGPU, and no traffic of its own. */
const SWITCHES = [
  "--enable-unsafe-webgpu",
  ...(process.env.VAEPORT_GPU === "1" ? [] : ["--use-webgpu-adapter=swiftshader"]),
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/**
 * Starts a headless browser with a WebGPU adapter: SwiftShader, or with `VAEPORT_GPU=1` the
 * machine's own.
 */
export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: SWITCHES,
    chromiumSandbox: process.getuid?.() !== 0, // Chromium refuses its sandbox to root
  });
}
