/** What the browser suites share: the browser, its pages, and the numbers that they are held to. */
import { fileURLToPath } from "node:url";
import { loadVae, type Tensor } from "@vaeport/infer";
import { findBrowser, launchBrowser } from "@vaeport/test/browser";
import {
  type BuiltPage,
  buildPage,
  openSite,
  type Site,
  type SiteOptions,
} from "@vaeport/test/page";
import { expect } from "vitest";
import { largestError } from "../src/parity/compare.js";
import { tolerance } from "../src/parity/tolerance.js";

/** A shipped model. */
export const MODEL = fileURLToPath(new URL("../../models/mnist-dense-20", import.meta.url));

export interface Lab extends AsyncDisposable {
  readonly built: BuiltPage;
  /** Opens a page with the shipped model at /model/, and others where `models` says; it ends with the lab. */
  open(options?: Partial<SiteOptions>): Promise<Site>;
}

/** Starts a browser with a software GPU, and builds a page for it. */
export async function startLab(build: () => Promise<BuiltPage> = buildPageByVite): Promise<Lab> {
  const executable = findBrowser();
  if (!executable) throw new Error("There is no Chromium, Chrome or Edge. Run: npm run setup");
  const [built, browser] = await Promise.all([build(), launchBrowser(executable, "software")]);
  const sites: Site[] = [];
  return {
    built,
    async open({ models, ...options } = {}) {
      const served = { "/model/": MODEL, ...models };
      const site = await openSite(browser, built, { ready: "vaeport", ...options, models: served });
      sites.push(site);
      return site;
    },
    async [Symbol.asyncDispose]() {
      for (const site of sites) await site[Symbol.asyncDispose]();
      await browser.close();
      await built.remove();
    },
  };
}

const buildPageByVite = () => buildPage("browser");

/** Four samples of a model as onnxruntime-node computes them. */
export async function nodeSamples(folder: string, seed: number): Promise<Tensor> {
  await using vae = await loadVae(folder, { provider: "cpu" });
  return await vae.sample(4, { seed });
}

/** Holds a tensor to another of the same name by the contract's tolerance. */
export function expectClose(name: string, got: Tensor, wanted: Tensor): void {
  expect(got.shape).toEqual(wanted.shape);
  expect(largestError(wanted.data, got.data)).toBeLessThanOrEqual(tolerance(name, wanted.data));
}

/** The bits of numbers, so that equal means equal to the last one. */
export function bits(values: Float32Array | Float64Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}
