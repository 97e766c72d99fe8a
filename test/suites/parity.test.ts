/** One contract for every runtime: the numbers of tfjs-node, on trained models, at several batch sizes. */
import { join } from "node:path";
import {
  availableRuntimes,
  formatParityTable,
  isWithinTolerance,
  measureParity,
  type ParityRow,
  pythonRuntime,
  type ReferenceBatch,
  referenceFromRun,
} from "@vaeport/test/parity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refereeFolder } from "../../scripts/lib/referees.mjs";
import { modelsFolder, type TestModel, testModels } from "./setup.js";

const BATCH_SIZES = [1, 3, 64];
const TENSORS = 6;

const machine = await availableRuntimes();
const references = new Map<TestModel, ReferenceBatch[]>();
const rows: ParityRow[] = [];

beforeAll(async () => {
  for (const model of testModels) {
    const run = join(modelsFolder, model, "run");
    references.set(model, await referenceFromRun(run, BATCH_SIZES));
  }
});

afterAll(async () => {
  await machine.close();
  console.log(`\n${formatParityTable(rows)}`);
});

describe.each([...machine.runtimes, pythonRuntime(refereeFolder)])("$name", (runtime) => {
  test.each(testModels)("the %s model gives tfjs-node's numbers", async (model) => {
    const folder = join(modelsFolder, model, "model");
    const row = await measureParity({ name: model, folder }, references.get(model)!, runtime);
    rows.push(row);
    expect(row.differences).toHaveLength(BATCH_SIZES.length * TENSORS);
    expect(row).toSatisfy(isWithinTolerance);
  });
});

// Everything but CUDA can be had by an ordinary machine, so only its absence is not a failure.
for (const { runtime, reason } of machine.missing) {
  test.skipIf(runtime.includes("cuda"))(`${runtime} (${reason})`, () => {
    expect.fail(`${reason}. Run: npm run setup`);
  });
}
