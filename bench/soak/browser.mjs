/** The soak of onnxruntime-web, in a page of a Chromium of its own. */
import { readFileSync } from "node:fs";
import { findBrowser, launchBrowser } from "@vaeport/test/browser";
import { buildPage, openSite } from "@vaeport/test/page";

/**
 * The page's memory after every round.
 *
 * @param {import("./node.mjs").SoakRequest & { provider: "wasm" | "webgpu" }} request
 * @returns {Promise<Record<string, number>[]>}
 */
export async function soakBrowser({ model, who, rounds, decodes, provider }) {
  const executable = /** @type {string} */ (findBrowser());
  const [built, browser] = await Promise.all([
    buildPage("soak"),
    launchBrowser(executable, "software"),
  ]);
  try {
    const models = { "/model/": model };
    const { page } = await openSite(browser, built, { models, ready: "soak" });
    page.setDefaultTimeout(0);
    const tab = await page.context().newCDPSession(page);
    const processes = await browser.newBrowserCDPSession();
    const series = [];
    for (let round = 0; round < rounds; round++) {
      const wasm = await page.evaluate(
        async ({ who, ...rest }) => {
          await window.soak[who]({ ...rest, latentSize: 20 });
          return window.soak.wasmBytes();
        },
        { who, provider, decodes },
      );
      await tab.send("HeapProfiler.collectGarbage");
      const { usedSize } = await tab.send("Runtime.getHeapUsage");
      const { processInfo } = await processes.send("SystemInfo.getProcessInfo");
      /** @param {string} type */
      const rss = (type) =>
        Math.max(...processInfo.filter((p) => p.type === type).map(residentBytes));
      series.push({
        "WebAssembly memory": wasm,
        "JavaScript heap": usedSize,
        "renderer (RSS)": rss("renderer"),
        ...(provider === "webgpu" ? { "GPU process (RSS)": rss("GPU") } : {}),
      });
    }
    return series;
  } finally {
    await browser.close();
    await built.remove();
  }
}

/** @param {{ id: number }} process */
function residentBytes({ id }) {
  const status = readFileSync(`/proc/${id}/status`, "utf8");
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}
