/** kill -9 at each change of files where a run gives way to the next, and where the result of one is written. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadRun, resume, train } from "@vaeport/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outcome } from "./outcome.js";
import { PROCESSES_TIMEOUT, smallConfig, temporaryFolder, tf } from "./support.js";

const BIN = fileURLToPath(new URL("../bin/vaeport-train.js", import.meta.url));
const KILLER = new URL("kill-at.mjs", import.meta.url).href;

/** Of all the moments, those that are tried: every one, or a few spread over them. */
const TRIED = process.env.VAEPORT_NIGHTLY ? Infinity : 3;

const data = { name: "mnist", trainItems: 200, testItems: 20 } as const;
const [earlier, later] = [1, 2].map((seed) =>
  smallConfig({ seed, data, training: { epochs: 2, batchSize: 50 } }),
);

let [folder, config, old, whole] = ["", "", "", ""];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vaeport-train-"));
  [config, old, whole] = ["later.json", "old", "whole"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(config, JSON.stringify(later));
  await train(earlier!, { out: old });
  await train(later!, { out: whole });
});
afterAll(() => rm(folder, { recursive: true }));

/** Trains with --force; killed at change `at` from the first one of a path that holds `from`. */
async function trainKilled(out: string, from: string, at: number | "never") {
  const args = ["--import", KILLER, BIN, "train", config, "-o", out, "--force"];
  const env = { ...process.env, KILL_FROM: from, KILL_AT: String(at) };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [, signal] = await once(child, "close");
  return { signal: signal as string | null, stderr };
}

describe.each([
  ["the hand-over of --force", "replacement", /\/replacement$/],
  ["the pictures and the networks of a finished run", "pictures", /summary\.json/],
])("kill -9 in %s", (_, from, last) => {
  test(
    "leaves the earlier run whole, or the later one to be resumed to the same end",
    async ({ task }) => {
      const fresh = async () => {
        const out = join(await temporaryFolder(), "run");
        await cp(old, out, { recursive: true });
        return out;
      };
      const { signal, stderr } = await trainKilled(await fresh(), from, "never");
      expect(signal).toBe(null);
      const changes: string[] = JSON.parse(stderr.trim().split("\n").at(-1)!);
      const moments = changes.findLastIndex((change) => last.test(change)) + 1;
      expect(moments).toBeGreaterThan(10);
      const step = Math.max(1, moments / TRIED);
      const ends = { earlier: 0, later: 0 };
      for (let moment = 1; moment <= moments; moment += step) {
        const [at, out] = [Math.floor(moment), await fresh()];
        expect((await trainKilled(out, from, at)).signal, changes[at - 1]).toBe("SIGKILL");
        if ((await readdir(out)).includes("summary.json")) {
          ends.earlier += 1;
          expect(await outcome(out), changes[at - 1]).toEqual(await outcome(old));
          (await loadRun(tf, out)).vae.dispose();
          await train(later!, { out, force: true });
        } else {
          ends.later += 1;
          await resume(out);
        }
        expect(await outcome(out), changes[at - 1]).toEqual(await outcome(whole));
        expect((await readdir(out, { recursive: true })).sort(), changes[at - 1]).toEqual(
          (await readdir(whole, { recursive: true })).sort(),
        );
      }
      task.meta.measured = `of ${moments} moments, the earlier run whole after ${ends.earlier}, the later one resumed after ${ends.later}`;
      console.log(task.meta.measured);
      expect(ends.later).toBeGreaterThan(0);
    },
    PROCESSES_TIMEOUT,
  );
});
