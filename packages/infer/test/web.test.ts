/** The browser's runtime, as far as it can be held to account outside a browser. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { SourceError } from "../src/errors.js";
import { runtime } from "../src/runtime/web.js";

afterEach(() => vi.unstubAllGlobals());

/** A page whose browser offers this adapter. */
function stubAdapter(adapter: object | null): void {
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
}

const info = { vendor: "acme", architecture: "one", description: "" };
const asAuto = { threads: undefined, automatic: true };
const byName = { threads: undefined, automatic: false };

describe("webgpu", () => {
  test("without navigator.gpu says which of the two reasons holds", async () => {
    vi.stubGlobal("navigator", {});
    await expect(runtime.open("webgpu", byName)).rejects.toThrow("it has no WebGPU");
    vi.stubGlobal("isSecureContext", false);
    await expect(runtime.open("webgpu", byName)).rejects.toThrow("not served over https");
  });

  test("without an adapter says so", async () => {
    stubAdapter(null);
    await expect(runtime.open("webgpu", byName)).rejects.toThrow("no adapter");
  });

  test.each([
    { info: { ...info, architecture: "swiftshader" } },
    { info: { ...info, description: "Microsoft Basic Render Driver" } },
    { info: { ...info, isFallbackAdapter: true } },
    { info, isFallbackAdapter: true },
  ])("auto passes over a software adapter: %j", async (adapter) => {
    stubAdapter(adapter);
    await expect(runtime.open("webgpu", asAuto)).rejects.toThrow("emulated on the CPU");
  });
});

test("the folder of the WebAssembly files is handed to ONNX Runtime", async () => {
  await runtime.open("wasm", { ...byName, wasmPaths: "/assets/ort/" });
  const { env } = await import("onnxruntime-web/wasm");
  expect(env.wasm.wasmPaths).toBe("/assets/ort/");
});

describe("sources", () => {
  test("are relative to the page", () => {
    vi.stubGlobal("document", { baseURI: "https://example.org/app/index.html" });
    expect(runtime.resolve("models/a/").href).toBe("https://example.org/app/models/a/");
  });

  test("are relative to a worker's script", () => {
    vi.stubGlobal("location", { href: "https://example.org/app/worker.js" });
    expect(runtime.resolve("models/a/").href).toBe("https://example.org/app/models/a/");
  });

  test("must be absolute where there is no page", () => {
    expect(() => runtime.resolve("models/a/")).toThrow(SourceError);
  });
});
