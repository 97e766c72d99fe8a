/** Starts the browser that the parity and end-to-end suites drive. */
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
    args: adapter === "software" ? [...SWITCHES, ...SOFTWARE] : SWITCHES,
    chromiumSandbox: process.getuid?.() !== 0, // Chromium refuses its sandbox to root
  });
}
