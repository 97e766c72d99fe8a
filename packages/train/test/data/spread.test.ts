/** A part of a set stands for all of it, whatever the order of its items. */
import { join } from "node:path";
import { evaluateRun, loadDataset, train } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { spreadRows } from "../../src/data/spread.js";
import { smallConfig, temporaryFolder, tf } from "../support.js";
import { files } from "./support.js";

const CLASSES = 4;
const PER_CLASS = 60;
const ITEMS = CLASSES * PER_CLASS;

const byClass = (row: number) => Math.floor(row / PER_CLASS);
const inTurn = (row: number) => row % CLASSES;

/** Rows of each class among some. */
function counts(rows: Iterable<number>, classOf: (row: number) => number): number[] {
  const found = new Array<number>(CLASSES).fill(0);
  for (const row of rows) found[classOf(row)]! += 1;
  return found;
}

describe("some rows of a set", () => {
  test("are ascending and distinct, each in its stretch, and the same on every call", () => {
    for (const [count, of] of [
      [1, 7],
      [3, 7],
      [6, 7],
      [59_600, 60_000],
    ] as const) {
      const rows = spreadRows(count, of);
      expect(rows).toEqual(spreadRows(count, of));
      const outside = rows.filter((row, i) => {
        return row < Math.floor((i * of) / count) || row >= ((i + 1) * of) / count;
      });
      expect([...outside]).toEqual([]);
      expect(new Set(rows).size).toBe(count);
    }
  });

  test("are all of them where as many are asked for", () => {
    expect([...spreadRows(5, 5)]).toEqual([0, 1, 2, 3, 4]);
  });

  test("are of every class, of a set by class and of one whose classes take turns", () => {
    expect(counts(spreadRows(40, ITEMS), byClass)).toEqual([10, 10, 10, 10]);
    for (const count of counts(spreadRows(60, ITEMS), inTurn)) {
      expect(count).toBeGreaterThan(6); // 15 expected; equal steps of 4 would give 60 and three times 0
      expect(count).toBeLessThan(25);
    }
  });
});

const WIDTH = 6;

/** A table of values that tell the class, the rows in the order of their classes. */
async function sortedTable(): Promise<{ train: string; test: string; labelColumn: string }> {
  const names = Array.from({ length: WIDTH }, (_, i) => `v${i}`);
  const lines = Array.from({ length: ITEMS }, (_, row) => {
    const value = byClass(row) / (CLASSES - 1);
    return [...names.map(() => value), byClass(row)].join();
  });
  const { table } = await files({ table: `${[...names, "kind"].join()}\n${lines.join("\n")}\n` });
  return { train: table, test: table, labelColumn: "kind" };
}

describe("data in the order of its classes", () => {
  test("is cut to items of every class, or to the first ones where that is asked for", async () => {
    const data = { name: "csv", ...(await sortedTable()) } as const;
    const load = async (pick?: "first") => {
      const dataset = await loadDataset(tf, {
        ...data,
        trainItems: 40,
        testItems: 20,
        ...(pick && { pick }),
      });
      const values = dataset.test.dataSync();
      dataset.dispose();
      return { train: [...dataset.labels!.train], test: [...dataset.labels!.test], values };
    };
    const spread = await load();
    expect(counts(spread.train, Number)).toEqual([10, 10, 10, 10]);
    expect(counts(spread.test, Number)).toEqual([5, 5, 5, 5]);
    spread.test.forEach((label, i) => {
      expect(spread.values[WIDTH * i]).toBeCloseTo(label / (CLASSES - 1), 6);
    });
    expect(counts((await load("first")).train, Number)).toEqual([40, 0, 0, 0]);
  });

  test("is evaluated on items of every class: the number is near that of all", async () => {
    const config = smallConfig({
      data: { name: "csv", ...(await sortedTable()) },
      likelihood: { name: "gaussian", varianceValue: 0.01 },
      condition: "label",
      training: { epochs: 1, batchSize: 20 },
    });
    const out = join(await temporaryFolder(), "run");
    await train(config, { out });
    const all = await evaluateRun(out, { samples: 50 });
    const some = await evaluateRun(out, { samples: 50, items: 40 });
    console.log(
      `log p(x) of all items ${all.logLikelihood}, of a sixth of them ${some.logLikelihood}`,
    );
    expect(some.items).toBe(40);
    // The classes' own numbers are far apart, by their spread over the items.
    expect(all.standardError * Math.sqrt(ITEMS)).toBeGreaterThan(0.3 * Math.abs(all.logLikelihood));
    expect(Math.abs(some.logLikelihood / all.logLikelihood - 1)).toBeLessThan(0.02);
  });
});
