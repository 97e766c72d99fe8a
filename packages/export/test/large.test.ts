/** What a large export adds to memory: 1 GB of weights in the nightly run, 128 MB in every other (on Linux). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runExport, writeModel } from "../../../bench/large-model/measure.mjs";

const nightly = Boolean(process.env.VAEPORT_NIGHTLY);
const SIZE = nightly ? 8192 : 2896;
/** Code and garbage that a small model's weights do not outweigh. */
const OVERHEAD = 32 * 2 ** 20;

const scratch = mkdtempSync(join(tmpdir(), "vaeport-large-"));
afterAll(() => rmSync(scratch, { recursive: true }));

// Weights are four equal ones: holding one at a time is 0.25 of them.
test.runIf(process.platform === "linux").each([
  ["memory", 0.3],
  ["shards", 1.3],
] as const)("from %s, at most %f of the weights", (kind, bound) => {
  const model = join(scratch, kind);
  const weights = writeModel(model, SIZE, 4);
  const { before, peak } = runExport(kind, model, join(scratch, `${kind}.onnx`));
  const added = peak - before - (nightly ? 0 : OVERHEAD);
  if (process.env.VAEPORT_VERBOSE) console.info(`${kind}: ${added / weights} of ${weights} bytes`);
  expect(added).toBeLessThan(bound * weights);
});
