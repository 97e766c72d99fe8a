/** Eight callers at once for a minute: how long does each wait, how much is done, how free is the event loop? */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { orderStatistic } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";

const CALLERS = 8;
const ITEMS = 16;

/** @param {import("./bench.mjs").Settings} settings */
export async function load({ seconds }) {
  const rows = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) {
    for (const workers of [0, 1, 2]) rows.push(await measure(net, workers, seconds));
  }
  return `# ${CALLERS} callers at once

Each reconstructs ${ITEMS} items, waits for them and asks again, for ${seconds} s; one thread a worker. Milliseconds a call; the
delay is how much later than due the event loop turned.

| model | workers | calls a second | p50 | p99 | longest | errors | delay p50 | delay p99 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}`;
}

/**
 * @param {import("../training/nets.mjs").NetName} net
 * @param {number} workers
 * @param {number} seconds
 */
async function measure(net, workers, seconds) {
  const { loadVae } = await import("@vaeport/infer");
  const options = { provider: "cpu", threads: 1, ...(workers > 0 && { workers }) };
  const vae = await loadVae(provideModel(net).model, options);
  const x = (await vae.sample(ITEMS, { seed: 1 })).data;
  await vae.warmup(ITEMS);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  /** @type {number[]} */
  const times = [];
  let errors = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  delay.enable();
  const callers = Array.from({ length: CALLERS }, async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await vae.reconstruct(x).catch(() => errors++);
      times.push(performance.now() - begun);
      await setImmediate();
    }
  });
  await Promise.all(callers);
  const elapsed = (performance.now() - start) / 1000;
  delay.disable();
  await vae.dispose();
  times.sort((a, b) => a - b);
  const quantile = (/** @type {number} */ q) => orderStatistic(times, q).toFixed(1);
  const turned = (/** @type {number} */ p) => (delay.percentile(p) / 1e6).toFixed(1);
  const cells = [net, workers, (times.length / elapsed).toFixed(0), quantile(0.5), quantile(0.99)];
  return `| ${[...cells, quantile(1), errors, turned(50), turned(99)].join(" | ")} |`;
}
