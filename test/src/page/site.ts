/** A page under test, with a server and a browser profile of its own. */
import type { Browser, Page } from "playwright-core";
import type { BuiltPage } from "./build-page.js";
import { type FileServer, type ServeOptions, serve } from "./serve.js";

export interface SiteOptions extends ServeOptions {
  /** Model folders to serve, by URL prefix. */
  models: Record<string, string>;
  /** The global that the page's script sets when it has started. */
  ready: string;
}

export interface Site extends AsyncDisposable {
  readonly page: Page;
  readonly server: FileServer;
  /** What the page wrote to its console, uncaught errors included. */
  readonly messages: readonly string[];
  /** The addresses that the page and its workers asked for. */
  readonly requests: readonly string[];
  /** Opens the page anew, in the same profile. */
  reload(): Promise<void>;
}

/** Serves a built page and opens it. */
export async function openSite(
  browser: Browser,
  built: BuiltPage,
  { models, ready, ...options }: SiteOptions,
): Promise<Site> {
  const server = await serve({ ...built.folders, ...models }, options);
  const context = await browser.newContext();
  const page = await context.newPage();
  const messages: string[] = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(error.message));
  const requests: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  const load = async () => {
    await page.goto(`${server.origin}/`);
    await page.waitForFunction((name) => name in window, ready);
  };
  const close = async () => {
    await context.close();
    await server.close();
  };
  try {
    await load();
  } catch (cause) {
    await close();
    throw new Error(`The page did not start. It said:\n${messages.join("\n")}`, { cause });
  }
  return { page, server, messages, requests, reload: load, [Symbol.asyncDispose]: close };
}
