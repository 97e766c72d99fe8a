/** Threads of WebAssembly in an app whose bundler hands them the app itself: an error that says so, and its remedies. */
import { buildPage, RUNTIME_FILES } from "@vaeport/test/page";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "./browser-lab.js";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab(() => buildPage("threads"));
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

const open = () => lab.open({ ready: "app", models: { "/ort/": RUNTIME_FILES } });

describe("threads that load the app's own file", { timeout: 60_000 }, () => {
  test("are an error that names the file and the remedies, not a load without end", async () => {
    const { page } = await open();
    const load = page.evaluate(() => window.app.load({ threads: 2 }));
    await expect(load).rejects.toThrow(
      /document is not defined \(http:.*index-.*\.js\).*wasmPaths.*threads: 1/s,
    );
  });

  test("run by onnxruntime-web's own files", async () => {
    const { page } = await open();
    expect(await page.evaluate(() => window.app.load({ threads: 2, wasmPaths: "/ort/" }))).toBe(2);
  });

  test("are not needed for one thread", async () => {
    const { page } = await open();
    expect(await page.evaluate(() => window.app.load({ threads: 1 }))).toBe(1);
  });
});
