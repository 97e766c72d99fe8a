/**
 * `npm run bench:worker`: training in a worker thread that owns the program, beside training on the main thread. How
 * long does the main thread's event loop stand still, and what does the way between the threads cost? Writes
 * bench/results/worker-thread.md.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { bootstrapSteps } from "../../scripts/lib/bootstrap.mjs";
import { repository } from "../../scripts/lib/folders.mjs";
import { describeRun } from "../../scripts/lib/machine.mjs";
import { tensorFlowStep } from "../../scripts/lib/setup-steps.mjs";
import { runMain, runSteps } from "../../scripts/lib/steps.mjs";

const ROUNDS = 7;
const SECONDS_PER_VISIT = 4;

/** Calls handed to the worker ahead of its answers, so that it never waits for this thread. */
const CALLS_AHEAD = 2;

/** @typedef {{ msPerStep: number, p50: number, p99: number, longest: number }} Visit delays in milliseconds */
/** @typedef {() => Promise<unknown>} Step */

await runMain(async () => {
  await runSteps([...bootstrapSteps, tensorFlowStep]);
  const sections = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) sections.push(await measure(net));
  const file = join(repository, "bench", "results", "worker-thread.md");
  const text = `# A worker thread that owns the program

${describeRun("npm run bench:worker")}

${ROUNDS} rounds of ${SECONDS_PER_VISIT} s each, in turns within one process; medians over rounds. Delay: how much later than due the
main thread's event loop turned, in milliseconds; the timer that measures it has a resolution of 1 ms.

${sections.join("\n\n")}
`;
  writeFileSync(file, text);
  console.log(text);
});

/** @param {import("./nets.mjs").NetName} net */
async function measure(net) {
  const { RemoteProgram } = await import("@vaeport/train/graph");
  const { loadTensorFlow } = await import("@vaeport/train/tensorflow");
  const { NETS } = await import("./nets.mjs");
  const { shuffledRows } = await import("./workers/setting.mjs");
  const { stepProgram } = await import("./workers/step-program.mjs");
  const tf = await loadTensorFlow();
  const rows = shuffledRows(tf, 1);
  const next = () => /** @type {Int32Array} */ (rows.next().value);

  const { program, step } = await stepProgram(tf, net);
  const remote = await RemoteProgram.open(new URL("./workers/step-program.mjs", import.meta.url), {
    net,
  });
  const stepHere = () => {
    step.values(next());
    return setImmediate();
  };
  const contestants = {
    main: { ahead: 1, step: stepHere },
    worker: { ahead: CALLS_AHEAD, step: () => remote.call("step", next().slice()) },
  };
  /** @type {Record<keyof typeof contestants, Visit[]>} */
  const visits = { main: [], worker: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of /** @type {const} */ (["main", "worker"])) {
      const visit = await train(contestants[name]);
      if (round > 0) visits[name].push(visit); // the first warms up
    }
  }
  program.dispose();
  await remote.dispose();
  return section(NETS[net].title, visits);
}

/**
 * @param {{ ahead: number, step: Step }} contestant
 * @returns {Promise<Visit>}
 */
async function train({ ahead, step }) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let steps = 0;
  const start = performance.now();
  const end = start + SECONDS_PER_VISIT * 1000;
  delay.enable();
  await Promise.all(
    Array.from({ length: ahead }, async () => {
      for (; performance.now() < end; steps++) await step();
    }),
  );
  delay.disable();
  const milliseconds = (/** @type {number} */ nanoseconds) => nanoseconds / 1e6;
  return {
    msPerStep: (performance.now() - start) / steps,
    p50: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    longest: milliseconds(delay.max),
  };
}

/**
 * @param {string} title
 * @param {Record<"main" | "worker", Visit[]>} visits
 */
async function section(title, visits) {
  const { summarise } = await import("../lib/statistics.mjs");
  const row = (/** @type {"main" | "worker"} */ name, /** @type {string} */ text) => {
    const median = (/** @type {keyof Visit} */ key) =>
      summarise(visits[name].map((visit) => visit[key])).median.toFixed(1);
    const speed = visits[name].map(
      ({ msPerStep }, round) => /** @type {Visit} */ (visits.main[round]).msPerStep / msPerStep,
    );
    const cells = [text, median("msPerStep"), summarise(speed).median.toFixed(2)];
    return `| ${[...cells, median("p50"), median("p99"), median("longest")].join(" | ")} |`;
  };
  return `## ${title}

| who trains | ms a step | x main thread | delay p50 | p99 | longest |
| --- | ---: | ---: | ---: | ---: | ---: |
${row("main", "main thread")}
${row("worker", "worker thread")}`;
}
