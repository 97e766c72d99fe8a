/** Runs that fail with what they run on, told by what ONNX Runtime and engines throw, and the way back. */
import { DisposedError, loadVae, ProviderError, RunError, SourceError } from "@vaeport/infer";
import { describe, expect, test } from "vitest";
import { InferError } from "../src/errors.js";
import { runError } from "../src/run-failure.js";
import { type Behaviour, fakeRuntime, tinyBytes } from "./helpers.js";

const two = new Float32Array(2);

/** A model on a made-up provider, whose behaviour may change as the test goes on. */
async function fake(behaviour: Behaviour) {
  const runtime = fakeRuntime({ fake: behaviour }, ["fake"]);
  const vae = await loadVae(tinyBytes(), { runtime, verify: false });
  return { vae, runtime };
}

const thrown = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe("a failed run says what is gone", () => {
  test.each([
    ["trap", new WebAssembly.RuntimeError("memory access out of bounds")],
    ["trap", new WebAssembly.RuntimeError("unreachable")],
    ["trap", new Error("Aborted(native code called abort())")],
    ["trap", 11_534_336],
    ["out-of-memory", new Error("Aborted(OOM)")],
    ["out-of-memory", new RangeError("Array buffer allocation failed")],
    [
      "out-of-memory",
      new Error("Failed to allocate memory for requested buffer of size 4294967296"),
    ],
    ["out-of-memory", new Error("std::bad_alloc")],
    ["out-of-memory", new Error("CUDA failure 2: out of memory ; GPU=0")],
    ["device-lost", new Error("Failed to execute 'mapAsync': Device is lost")],
    ["device-lost", new Error("VK_ERROR_DEVICE_LOST")],
    ["device-lost", new Error("DXGI_ERROR_DEVICE_REMOVED")],
    ["other", new Error("Got invalid dimensions for input: z")],
    ["other", "a string"],
  ])("%s: %s", async (reason, failure) => {
    const { vae } = await fake({ failingRuns: [0], failure });
    const error = await thrown(vae.decode(two));
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ reason, cause: failure });
    expect((error as Error).message.startsWith("decoder: the run failed")).toBe(true);
    expect((error as Error).message.includes("reload()")).toBe(reason !== "other");
    expect((await vae.decode(two)).shape).toEqual([1, 4, 3, 1]);
  });

  test("this package's own errors are left as they are", () => {
    const own = new InferError("no float32 values");
    expect(runError("decoder", own)).toBe(own);
  });
});

describe("a device that is lost", () => {
  test("ends the run that hangs on it, those that wait and those that come", async () => {
    let lose = (_info: unknown) => {};
    const lost = new Promise((resolve) => {
      lose = resolve;
    });
    const { vae } = await fake({ gate: new Promise(() => {}), lost });
    const calls = [vae.decode(two), vae.decode(two)];
    lose({ reason: "unknown", message: "the driver was restarted" });
    for (const call of [...calls, vae.decode(two)]) {
      const error = await thrown(call);
      expect(error).toMatchObject({ name: "RunError", reason: "device-lost" });
      expect((error as Error).message).toContain("The device was lost: the driver was restarted.");
    }
    await vae.dispose();
  });
});

describe("reload", () => {
  test("replaces the sessions after the calls in flight; later calls wait for it", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const behaviour: Behaviour = { gate };
    const { vae, runtime } = await fake(behaviour);
    const before = vae.decode(two);
    const reloads = Promise.all([vae.reload(), vae.reload()]);
    const after = vae.decode(two);
    open();
    await Promise.all([before, reloads, after]);
    expect(runtime.events).toEqual([
      "open fake",
      "run decoder 1",
      ...Array(3).fill("release fake"),
      "open fake",
      "run decoder 1",
    ]);
  });

  test("tries the providers again, and says which one it is now", async () => {
    const behaviours: Record<string, Behaviour> = { gpu: {}, cpu: {} };
    const runtime = fakeRuntime(behaviours, ["gpu", "cpu"]);
    const vae = await loadVae(tinyBytes(), { runtime });
    expect(vae.runtime.chosen).toBe("gpu");
    behaviours.gpu!.absent = new Error("no adapter any more");
    await vae.reload();
    expect(vae.runtime.chosen).toBe("cpu");
    expect(vae.runtime.attempts[0]!.reason).toBe("no adapter any more");
  });

  test("that fails leaves a model that says so, until one succeeds", async () => {
    const behaviour: Behaviour = {};
    const { vae } = await fake(behaviour);
    behaviour.absent = new Error("gone");
    const waiting = vae.reload();
    const call = vae.decode(two);
    await expect(waiting).rejects.toThrow(ProviderError);
    await expect(call).rejects.toThrow(DisposedError);
    await expect(vae.decode(two)).rejects.toThrow(DisposedError);
    await expect(vae.decode(two)).rejects.toThrow("the last reload failed");
    delete behaviour.absent;
    await vae.reload();
    expect((await vae.decode(two)).shape).toEqual([1, 4, 3, 1]);
  });

  test("reads the model again: bytes that changed are refused", async () => {
    const source = tinyBytes();
    const vae = await loadVae(source, { provider: "cpu" });
    delete source.files["score.onnx"];
    await expect(vae.reload()).rejects.toThrow(SourceError);
    await vae.dispose();
  });

  test("may be given up, and is refused on a disposed model", async () => {
    const { vae } = await fake({});
    const reason = new Error("the user left");
    await expect(vae.reload({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await vae.decode(two)).shape).toEqual([1, 4, 3, 1]); // nothing was given up for it
    await vae.reload();
    const reloading = vae.reload();
    await vae.dispose();
    await reloading;
    await expect(vae.reload()).rejects.toThrow(DisposedError);
  });

  test("that hangs holds no call that is given up, and may be given up itself", async () => {
    const behaviour: Behaviour = {};
    const { vae } = await fake(behaviour);
    behaviour.opens = new Promise(() => {});
    const abort = new AbortController();
    const reloading = vae.reload({ signal: abort.signal });
    const call = vae.decode(two, { signal: AbortSignal.timeout(10) });
    await expect(call).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
    const waiting = vae.decode(two);
    abort.abort(new Error("the user left"));
    await expect(reloading).rejects.toThrow("the user left");
    await expect(waiting).rejects.toThrow(DisposedError);
  });

  test("may be given up while a run that never settles holds the queue", async () => {
    const { vae } = await fake({ gate: new Promise(() => {}) });
    const abort = new AbortController();
    const call = vae.decode(two, { signal: abort.signal });
    const reloading = vae.reload({ signal: abort.signal });
    setTimeout(() => abort.abort(new Error("the user left")), 10);
    await expect(call).rejects.toThrow("the user left");
    await expect(reloading).rejects.toThrow("the user left");
  });

  test("that is shared may be given up by one alone", async () => {
    let go = () => {};
    const behaviour: Behaviour = {};
    const { vae } = await fake(behaviour);
    behaviour.opens = new Promise((resolve) => {
      go = resolve;
    });
    const first = vae.reload();
    const second = vae.reload({ signal: AbortSignal.timeout(10) });
    await expect(second).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
    go();
    await first;
    expect((await vae.decode(two)).shape).toEqual([1, 4, 3, 1]);
  });

  test("ended by dispose tells so to the calls that waited for it", async () => {
    const { vae } = await fake({});
    const reloading = vae.reload();
    const waiting = vae.decode(two);
    const disposed = vae.dispose();
    await expect(waiting).rejects.toThrow("decode: the model was disposed. Load it again.");
    await Promise.all([reloading, disposed]);
  });

  test("and dispose release what they opened, in either order", async () => {
    const { vae, runtime } = await fake({});
    const reloading = vae.reload();
    await Promise.all([reloading, vae.dispose()]);
    expect(runtime.events.filter((event) => event === "release fake")).toHaveLength(6);
  });
});
