/** Runs requests in a browser page that is built, served and driven here. */
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../browser/launch.js";
import { buildPage } from "./page-build.js";
import { serve } from "./serve.js";
import type { WorkRequest, WorkResult } from "./types.js";

export interface BrowserRuntime {
  /** Runs a request; `model` is a folder on disk, which is served to the page. */
  run(request: WorkRequest): Promise<WorkResult>;
  close(): Promise<void>;
}

/** Starts the browser; each request gets a fresh page, so that no session outlives it. */
export async function startBrowserRuntime(executable: string): Promise<BrowserRuntime> {
  const page = await buildPage();
  const browser = await launchBrowser(executable);
  return {
    async run(request) {
      const server = await serve({ "/": page.folder, "/model/": request.model });
      try {
        return await runInPage(browser, server.origin, request);
      } finally {
        await server.close();
      }
    },
    async close() {
      await browser.close();
      await page.remove();
    },
  };
}

async function runInPage(
  browser: Browser,
  origin: string,
  request: WorkRequest,
): Promise<WorkResult> {
  const page = await browser.newPage();
  const messages = collectMessages(page);
  try {
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => typeof window.runRequest === "function");
    return await page.evaluate((work) => window.runRequest(work), {
      ...request,
      model: `${origin}/model/`,
    });
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nThe page said:\n${messages.join("\n")}`, {
      cause,
    });
  } finally {
    await page.close();
  }
}

function collectMessages(page: Page): string[] {
  const messages: string[] = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(error.message));
  return messages;
}
