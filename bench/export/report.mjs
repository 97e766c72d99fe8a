/** The tables of a benchmark run, in Markdown. */
import { cpus, loadavg } from "node:os";
import { describeRun } from "../../scripts/lib/machine.mjs";
import { REQUIREMENTS } from "../lib/keras.mjs";
import { summarise } from "../lib/statistics.mjs";

/** @typedef {import("./bench.mjs").Visits} Visits */
/** @typedef {import("./bench.mjs").Visit} Visit */

/** @type {Record<"vaeport" | "keras", string>} */
const TITLES = { vaeport: "vaeport", keras: "Keras" };

/**
 * @param {readonly { title: string, visits: Visits }[]} measurements
 * @param {{ command: string, rounds: number, seed: number }} run
 */
export function report(measurements, { command, rounds, seed }) {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `# Export speed, side by side

${describeRun(command)}

${REQUIREMENTS.join(", ")}. ${rounds} rounds in random order (seed ${seed}), each export in a process of its own, one
computing at any time. Seconds are medians [quartiles]; a ratio is Keras' seconds over those of vaeport in the same round.
Load average at the end: ${load}, on ${cpus().length} cores; seconds are those of a quiet machine where it is below the cores.
${measurements.map(section).join("")}
"Export" is the call alone: from the model in memory to the file. "Load" reads the model's own format (tf.js: JSON and
weights; Keras: .keras). "Process" is the whole command, start of Node or Python and imports included. "Memory" is the
process' peak. Keras' export traces the model in TensorFlow and converts by tf2onnx.
`;
}

/** @param {{ title: string, visits: Visits }} measurement */
function section({ title, visits }) {
  const contestants = /** @type {("vaeport" | "keras")[]} */ (Object.keys(TITLES));
  const rows = contestants.map((name) => {
    const own = visits[name];
    const times = (/** @type {"load" | "export" | "process"} */ key) =>
      show(own.map((visit) => visit[key]));
    const memory = summarise(own.map(({ peak }) => peak / 2 ** 20)).median.toFixed(0);
    const [{ nodes, bytes }] = /** @type {[Visit]} */ (own);
    const size = (bytes / 1e6).toFixed(1);
    return `| ${TITLES[name]} | ${times("export")} | ${times("load")} | ${times("process")} | ${memory} | ${nodes} | ${size} |`;
  });
  const ratio = (/** @type {"export" | "process"} */ key) =>
    show(
      visits.keras.map(
        (visit, round) => visit[key] / /** @type {Visit} */ (visits.vaeport[round])[key],
      ),
    );
  return `
## ${title}

|  | export, s | load, s | process, s | memory, MiB | nodes | file, MB |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

Ratio: export ${ratio("export")}, process ${ratio("process")}.
`;
}

/** @param {readonly number[]} values */
function show(values) {
  const { median, low, high } = summarise(values);
  return `${median.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
