/** Decoding in a browser: this package, raw onnxruntime-web and tf.js in one page, on the same weights. */
import { join } from "node:path";
import { findBrowser, launchBrowser } from "@vaeport/test/browser";
import { openSite, speedPage } from "@vaeport/test/page";
import { summarise } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";
import { ratio, takeTurns } from "./turns.mjs";

/** How far the outputs of two engines may lie apart: they are probabilities. */
const TOLERANCE = 1e-5;

/** @typedef {import("../training/nets.mjs").NetName} NetName */
/** @typedef {{ title: string, backend: "wasm" | "webgpu", threads: number, isolated: boolean }} Setting */

/** @type {Setting[]} */
const SETTINGS = [
  { title: "wasm, one thread", backend: "wasm", threads: 1, isolated: false },
  { title: "wasm, two threads", backend: "wasm", threads: 2, isolated: true },
];

/** An emulated GPU would say nothing about speed, so this needs a real one. @type {Setting} */
const ON_GPU = { title: "webgpu", backend: "webgpu", threads: 1, isolated: true };

/** @param {import("./bench.mjs").Settings} settings */
export async function browser({ rounds }) {
  const real = process.env.VAEPORT_GPU === "1";
  const executable = findBrowser();
  if (executable === undefined) throw new Error("There is no Chromium, Chrome or Edge.");
  const [built, chromium] = await Promise.all([speedPage(), launchBrowser(executable)]);
  const sections = [];
  try {
    for (const setting of real ? [...SETTINGS, ON_GPU] : SETTINGS) {
      for (const net of /** @type {const} */ (["dense", "conv"])) {
        sections.push(await measure(chromium, built, { ...setting, net, rounds }));
      }
    }
  } finally {
    await chromium.close();
    await built.remove();
  }
  return `# Decoding in the browser, side by side

Chromium ${chromium.version()}. Time from values in memory to values in memory; ${rounds} rounds in random order within one page,
medians. A ratio is the other's time over ours in the same round, median [quartiles]: above 1, ours is faster. Every
engine's output is first held to ours within ${TOLERANCE}. One thread: a page without cross-origin isolation; two: one with it,
both engines with two threads. ${real ? "" : "WebGPU needs a real adapter (`VAEPORT_GPU=1`), which was not there."}

${sections.join("\n\n")}`;
}

/**
 * @param {Awaited<ReturnType<typeof launchBrowser>>} chromium
 * @param {import("@vaeport/test/page").BuiltPage} built
 * @param {Setting & { net: NetName, rounds: number }} setting
 */
async function measure(chromium, built, { title, net, rounds, isolated, ...setting }) {
  const { title: name, latent, run, model } = provideModel(net);
  const models = { "/model/": model, "/layers/": join(run, "decoder") };
  const { page, ...site } = await openSite(chromium, built, { models, ready: "speed", isolated });
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
    const contestants = names.map((engine) => ({
      name: engine,
      time: (/** @type {number} */ calls) =>
        page.evaluate(
          ([engine, items, calls]) => window.speed.time(engine, items, calls),
          /** @type {const} */ ([engine, items, calls]),
        ),
    }));
    tables.push(table(items, await takeTurns(contestants, rounds)));
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
 * @param {Map<string, number[]>} times
 */
function table(items, times) {
  const ours = /** @type {number[]} */ (times.get("vaeport"));
  const rows = [...times].map(([name, values]) => {
    const microseconds = (summarise(values).median * 1000).toFixed(0);
    return `| ${name} | ${microseconds} | ${values === ours ? "" : ratio(values, ours)} |`;
  });
  return `Batch ${items}:

| engine | microseconds a call | x ours |
| --- | ---: | ---: |
${rows.join("\n")}`;
}
