/** Runs requests in a browser page that is built, served and driven here. */

import { launchBrowser } from "../browser/launch.js";
import { buildPage } from "../page/build-page.js";
import { openSite, type Site } from "../page/site.js";
import type { WorkRequest, WorkResult } from "./types.js";

export interface BrowserRuntime {
  /** Runs a request; `model` is a folder on disk, which is served to the page. */
  run(request: WorkRequest): Promise<WorkResult>;
  close(): Promise<void>;
}

/** Starts the browser; each request gets a fresh page, so that no session outlives it. */
export async function startBrowserRuntime(executable: string): Promise<BrowserRuntime> {
  const built = await buildPage("parity");
  const browser = await launchBrowser(executable);
  return {
    async run(request) {
      const models = { "/model/": request.model };
      await using site = await openSite(browser, built, { models, ready: "runRequest" });
      return await runInPage(site, { ...request, model: "/model/" });
    },
    async close() {
      await browser.close();
      await built.remove();
    },
  };
}

async function runInPage({ page, messages }: Site, request: WorkRequest): Promise<WorkResult> {
  try {
    return await page.evaluate((work) => window.runRequest(work), request);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nThe page said:\n${messages.join("\n")}`, {
      cause,
    });
  }
}
