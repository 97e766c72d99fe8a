/** What training shows as it goes: a bar on a terminal, plain lines elsewhere. */
import { PassThrough } from "node:stream";
import type { EpochMetrics, Progress } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { createReporter } from "../src/cli/reporter.js";
import { smallConfig } from "./support.js";

const losses = { negativeElbo: 120, distortion: 100, rate: 20 };
const set = { ...losses, rateByDimension: [20], activeUnits: 1, bitsPerDimension: 0.1 };
const epoch: EpochMetrics = {
  ...{ epoch: 1, train: set, test: set, gradientNorm: 1, learningRate: 1e-3 },
  ...{ seconds: 2, imagesPerSecond: 500 },
};
const progress = (items: number): Progress => ({
  ...{ type: "progress", epoch: 1, epochs: 12, items, of: 1000, train: losses, secondsLeft: 61 },
});

/** A stream that is a terminal of 80 columns, or a pipe; `text()` is what it got. */
function stream(isTTY: boolean) {
  const columns = 80;
  const cursor = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  const made = Object.assign(new PassThrough(), { isTTY, columns, ...cursor });
  return Object.assign(made, { text: () => String(made.read() ?? "") });
}

/** Reports two moments of an epoch and its end. */
function reported(isTTY: boolean) {
  const [output, terminal] = [stream(false), stream(isTTY)];
  const reporter = createReporter(output, terminal);
  for (const items of [250, 1000]) reporter.report(smallConfig(), progress(items));
  const bar = terminal.text();
  reporter.report(smallConfig(), { type: "epoch", epochs: 12, metrics: epoch });
  reporter.close();
  return { bar, lines: output.text() };
}

describe("progress within an epoch", () => {
  const line =
    "epoch  1/12  held-out -ELBO 120.00 = distortion 100.00 + rate 20.00  train 120.00  " +
    "active units 1  2.0 s  500 images/s\n";

  test("is a bar on a terminal, and the lines of epochs go elsewhere", () => {
    const { bar, lines } = reported(true);
    expect(bar).toContain(
      "epoch  1/12 [======                  ] 25%  -ELBO 120.00 = distortion 100.00 + rate 20.00  1:01 left",
    );
    expect(lines).toBe(line);
  });

  test("is nothing on a pipe before ten seconds have passed", () => {
    expect(reported(false)).toEqual({ bar: "", lines: line });
  });
});
