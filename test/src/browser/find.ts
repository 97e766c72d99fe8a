/** Finds an installed Chromium-family browser and the software GPU that it ships. */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { chromium } from "playwright-core";

const COMMANDS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const MAC_APPLICATIONS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

/** The executable of `$VAEPORT_BROWSER`, an installed browser, or the driver's own download. */
export function findBrowser(): string | undefined {
  return firstThatAnswers([
    ...(process.env.VAEPORT_BROWSER ? [process.env.VAEPORT_BROWSER] : []),
    ...onPath(COMMANDS),
    ...(process.platform === "darwin" ? MAC_APPLICATIONS : []),
    chromium.executablePath(),
  ]);
}

/** The executable of `$VAEPORT_FIREFOX`, or an installed Firefox. */
export function findFirefox(): string | undefined {
  return firstThatAnswers([
    ...(process.env.VAEPORT_FIREFOX ? [process.env.VAEPORT_FIREFOX] : []),
    ...onPath(["firefox-esr", "firefox"]),
    "/Applications/Firefox.app/Contents/MacOS/firefox",
  ]);
}

function onPath(commands: readonly string[]): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => commands.map((command) => join(folder, command)));
}

function firstThatAnswers(files: readonly string[]): string | undefined {
  return files.find((file) => existsSync(file) && answers(file));
}

/** Ubuntu's `chromium-browser` may be a stub that only says what to install. */
function answers(browser: string): boolean {
  return spawnSync(browser, ["--version"], { timeout: 20_000 }).status === 0;
}

/**
 * The Vulkan driver file of SwiftShader, the software GPU that Chromium ships; it gives
 * onnxruntime-node a WebGPU adapter on a machine without a GPU.
 */
export function findSwiftShader(browser: string): string | undefined {
  return [
    dirname(realpathSync(browser)),
    "/usr/lib/chromium", // Debian starts Chromium through a script in /usr/bin
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
    "/opt/microsoft/msedge",
  ]
    .map((folder) => join(folder, "vk_swiftshader_icd.json"))
    .find((file) => existsSync(file));
}

/** Whether the Vulkan loader is there, without which WebGPU in Node has no adapter on Linux. */
export function hasVulkanLoader(): boolean {
  if (process.platform !== "linux") return true;
  const listed = spawnSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
  return (listed.stdout ?? "").includes("libvulkan.so.1");
}
