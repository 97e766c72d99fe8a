/** Decoding in a browser: this package, raw onnxruntime-web and tf.js in one page, on the same weights. */
import { join } from "node:path";
import { findBrowser, launchBrowser } from "@vaeport/test/browser";
import { openSite, speedPage } from "@vaeport/test/page";
import { orderStatistic } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";

/** How far the outputs of two engines may lie apart: they are probabilities. */
const TOLERANCE = 1e-5;

/** What each case takes, in milliseconds. */
const BUDGET = 10_000;

/** @typedef {import("../training/nets.mjs").NetName} NetName */
/** @typedef {{ title: string, backend: "wasm" | "webgpu", threads: number }} Setting */

/** @type {Setting[]} */
const SETTINGS = [
  { title: "wasm, one thread", backend: "wasm", threads: 1 },
  { title: "wasm, two threads", backend: "wasm", threads: 2 },
];

/** An emulated GPU would say nothing about speed, so this needs a real one. @type {Setting} */
const ON_GPU = { title: "webgpu", backend: "webgpu", threads: 1 };

export async function browser() {
  const real = process.env.VAEPORT_GPU === "1";
  const executable = findBrowser();
  if (executable === undefined) throw new Error("There is no Chromium, Chrome or Edge.");
  const [built, chromium] = await Promise.all([speedPage(), launchBrowser(executable)]);
  const sections = [];
  try {
    for (const setting of real ? [...SETTINGS, ON_GPU] : SETTINGS) {
      for (const net of /** @type {const} */ (["dense", "conv"])) {
        sections.push(await measure(chromium, built, { ...setting, net }));
      }
    }
  } finally {
    await chromium.close();
    await built.remove();
  }
  return `# Decoding in the browser, side by side

Chromium ${chromium.version()}. Time from values in memory to values in memory; single calls of all engines in turns of random order, in one
page, isolated from other origins. Microseconds at the 5th percentile and the median of each: on a busy machine the low one is
that of the undisturbed calls. A ratio is the other's time over ours: above 1, ours is faster. Every engine's output is
first held to ours within ${TOLERANCE}. ${real ? "" : "WebGPU needs a real adapter (`VAEPORT_GPU=1`), which was not there."}

${sections.join("\n\n")}`;
}

/**
 * @param {Awaited<ReturnType<typeof launchBrowser>>} chromium
 * @param {import("@vaeport/test/page").BuiltPage} built
 * @param {Setting & { net: NetName }} setting
 */
async function measure(chromium, built, { title, net, ...setting }) {
  const { title: name, latent, run, model } = provideModel(net);
  const models = { "/model/": model, "/layers/": join(run, "decoder") };
  const { page, ...site } = await openSite(chromium, built, { models, ready: "speed" });
  page.setDefaultTimeout(0);
  const { names, says } = await page.evaluate((given) => window.speed.prepare(given), {
    ...setting,
    latent,
    model: "/model/",
    layers: "/layers/model.json",
  });
  const tables = [];
  for (const items of [1, 64]) {
    /** @param {string} engine */
    const decode = (engine) =>
      page.evaluate(
        ([engine, items]) => window.speed.decode(engine, items),
        /** @type {const} */ ([engine, items]),
      );
    await gate(names, decode);
    const times = await page.evaluate(
      ([items, budget]) => window.speed.time(items, budget),
      /** @type {const} */ ([items, BUDGET]),
    );
    tables.push(table(items, times));
  }
  await site[Symbol.asyncDispose]();
  return `## ${title}: ${name.split(/[:;]/)[0]} (${says})\n\n${tables.join("\n\n")}`;
}

/**
 * Throws unless all engines compute the same: nobody is timed at other work.
 *
 * @param {readonly string[]} names ours first
 * @param {(name: string) => Promise<number[]>} decode
 */
async function gate([ours, ...others], decode) {
  const wanted = await decode(/** @type {string} */ (ours));
  for (const name of others) {
    const got = await decode(name);
    const error = Math.max(...got.map((v, i) => Math.abs(v - /** @type {number} */ (wanted[i]))));
    if (!(error <= TOLERANCE)) throw new Error(`${name} is off by ${error}`);
  }
}

/**
 * @param {number} items
 * @param {Record<string, number[]>} times in milliseconds, by engine
 */
function table(items, times) {
  for (const values of Object.values(times)) values.sort((a, b) => a - b);
  const ours = /** @type {number[]} */ (times.vaeport);
  const rows = Object.entries(times).map(([name, values]) => {
    const cells = [0.05, 0.5].flatMap((q) => {
      const [own, other] = [orderStatistic(ours, q), orderStatistic(values, q)];
      return [(1000 * other).toFixed(0), values === ours ? "" : (other / own).toFixed(2)];
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return `Batch ${items}:

| engine | p5 | x ours | p50 | x ours |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}`;
}
