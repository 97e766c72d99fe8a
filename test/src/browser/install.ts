/** Provides a browser with software WebGPU: Debian's packages as root, else the driver's download. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { findBrowser, findFirefox, findSwiftShader, hasVulkanLoader } from "./find.js";

/** No browser, or no software WebGPU; the message says what to install. */
export class BrowserMissingError extends Error {
  override readonly name = "BrowserMissingError";
}

/** How long the driver's download may take to its first byte. */
const FIRST_BYTE_MILLISECONDS = 20_000;

const REMEDY =
  "Install Chromium, Chrome or Edge and the Vulkan loader " +
  "(Debian or Ubuntu: apt-get install chromium libvulkan1; Fedora: dnf install chromium vulkan-loader; " +
  "macOS: brew install --cask chromium), or set VAEPORT_BROWSER to a browser's executable.";

/**
 * Returns the browser's executable and its SwiftShader, installing what is missing if it can.
 *
 * @throws BrowserMissingError when a part cannot be had.
 */
export async function provideBrowser(): Promise<{ browser: string; swiftShader: string }> {
  if (!findBrowser() || !hasVulkanLoader()) installDebianPackages("chromium", "libvulkan1");
  if (!findBrowser()) await downloadBrowser();
  const browser = findBrowser();
  if (!browser) throw new BrowserMissingError(`There is no browser. ${REMEDY}`);
  if (!hasVulkanLoader()) {
    throw new BrowserMissingError(`There is no Vulkan loader (libvulkan.so.1). ${REMEDY}`);
  }
  const swiftShader = findSwiftShader(browser);
  if (!swiftShader) {
    throw new BrowserMissingError(`There is no SwiftShader beside ${browser}. ${REMEDY}`);
  }
  return { browser, swiftShader };
}

/** Firefox's executable, installed if it can be. @throws BrowserMissingError when it cannot be had. */
export function provideFirefox(): string {
  if (!findFirefox()) installDebianPackages("firefox-esr");
  const firefox = findFirefox();
  if (firefox) return firefox;
  throw new BrowserMissingError(
    "There is no Firefox. Install it (Debian: apt-get install firefox-esr), or set VAEPORT_FIREFOX to its executable.",
  );
}

function installDebianPackages(...packages: string[]): void {
  const isDebian =
    existsSync("/etc/debian_version") &&
    // Ubuntu's package of that name is a stub for a snap.
    !/^ID=ubuntu$/m.test(readFileSync("/etc/os-release", "utf8"));
  if (!isDebian || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  console.log(`      apt-get install ${packages.join(" ")} (about 110 MB for a browser)`);
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-q", "--no-install-recommends", ...packages],
  ]) {
    const { status } = spawnSync("apt-get", args, { stdio: ["ignore", "inherit", "inherit"], env });
    // What is missing afterwards is said by the caller, with what to do about it.
    if (status !== 0) console.log(`      apt-get ${args[0]} failed with status ${status}`);
  }
}

/** Playwright's own Chromium; given up when its server does not answer. */
function downloadBrowser(): Promise<void> {
  const require = createRequire(import.meta.url);
  const cli = join(dirname(require.resolve("playwright-core/package.json")), "cli.js");
  const child = spawn(process.execPath, [cli, "install", "--no-shell", "chromium"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      console.log("      the download did not start within 20 s: given up");
      child.kill();
    }, FIRST_BYTE_MILLISECONDS);
    child.stdout.on("data", (chunk: Buffer) => {
      process.stdout.write(chunk);
      if (/\d+% of/.test(chunk.toString())) clearTimeout(limit);
    });
    child.on("close", () => {
      clearTimeout(limit);
      resolve();
    });
  });
}
