/**
 * The protocol of a worker: JSON, a line each way. It says `{"versions": {…}}` when it can train. Asked
 * `{"steps": 100}` it trains on and answers with a Visit. It ends when standard input does.
 */
import { createInterface } from "node:readline";

/**
 * @typedef {object} Window
 * @property {number} steps
 * @property {number | null} loss mean over the window, in nats per item; null where nothing is trained
 */

/**
 * @typedef {object} Visit
 * @property {number} steps really taken: a loop may pause at the end of a window only
 * @property {number} milliseconds
 * @property {number} cpu milliseconds of processor time, all threads together
 * @property {Window[]} windows
 */

/**
 * Serves requests by pulling windows out of an endless training.
 *
 * @param {AsyncIterator<Window>} training
 * @param {Record<string, string>} versions
 */
export async function serve(training, versions) {
  say({ versions });
  for await (const line of createInterface({ input: process.stdin })) {
    const wanted = JSON.parse(line).steps;
    const windows = [];
    let steps = 0;
    const start = performance.now();
    const startCpu = process.cpuUsage();
    while (steps < wanted) {
      const window = (await training.next()).value;
      windows.push(window);
      steps += window.steps;
    }
    const milliseconds = performance.now() - start;
    const { user, system } = process.cpuUsage(startCpu);
    say({ steps, milliseconds, cpu: (user + system) / 1000, windows });
  }
}

/** @param {object} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
