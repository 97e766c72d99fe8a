import {
  loadVae,
  ModelFileError,
  ProviderError,
  RuntimeMissingError,
  UnknownProviderError,
} from "@vaeport/infer";
import { encodeTensor } from "@vaeport/infer/manifest";
import { describe, expect, test } from "vitest";
import { expected, fakeRuntime, rawManifest, tinyBytes } from "./helpers.js";

/** The error a load throws, of the class expected. */
async function refused<T extends Error>(
  load: Promise<unknown>,
  type: new (...args: never[]) => T,
): Promise<T> {
  const error = await load.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(type);
  return error as T;
}

describe("ordered attempts", () => {
  test("auto takes the runtime's order and stops at the first that works", async () => {
    const runtime = fakeRuntime({ fast: {}, slow: {} }, ["fast", "slow"]);
    const vae = await loadVae(tinyBytes(), { runtime });
    expect(vae.runtime).toEqual({
      requested: "auto",
      chosen: "fast",
      attempts: [{ provider: "fast", ok: true, milliseconds: expect.any(Number) }],
      wholeGraph: true,
      precision: "float32",
      verified: true,
      package: "fake",
      version: "1.0",
      threads: 1,
      workers: 0,
      adapter: null,
      files: { offline: false, cached: [] },
    });
    expect(runtime.events.filter((event) => event.startsWith("open"))).toEqual(["open fast"]);
  });

  test("each that fails is passed over with its reason, and what it made is released", async () => {
    const behaviours = {
      absent: { absent: new Error("no such device") },
      broken: { broken: new Error("out of memory") },
      wrong: { error: 0.1 },
      good: {},
    };
    const runtime = fakeRuntime(behaviours, Object.keys(behaviours));
    const vae = await loadVae(tinyBytes(), { runtime });
    expect(vae.runtime.chosen).toBe("good");
    expect(vae.runtime.attempts.map(({ provider, ok }) => [provider, ok])).toEqual([
      ["absent", false],
      ["broken", false],
      ["wrong", false],
      ["good", true],
    ]);
    const reasons = vae.runtime.attempts.map(({ reason }) => reason);
    expect(reasons[0]).toBe("no such device");
    expect(reasons[1]).toBe("out of memory");
    expect(reasons[2]).toMatch(/^wrong numbers: mean\[0\] is .*, the model's stored check has /);
    expect(reasons[3]).toBeUndefined();
    expect(runtime.events.filter((event) => event === "release wrong")).toHaveLength(3);
  });

  test("a list is taken as it stands; names of other platforms give their remedy", async () => {
    const runtime = fakeRuntime({ mine: {} }, ["mine"]);
    const vae = await loadVae(tinyBytes(), { runtime, provider: ["cuda", "mine"] });
    expect(vae.runtime.attempts[0]!.reason).toBe("fake has no provider cuda here. It has mine.");
    expect(vae.runtime.chosen).toBe("mine");
  });

  test("when none works the error holds every attempt and cause", async () => {
    const cause = new Error("no such device");
    const runtime = fakeRuntime({ a: { absent: cause }, b: { error: Number.NaN } }, ["a", "b"]);
    const error = await refused(loadVae(tinyBytes(), { runtime }), ProviderError);
    expect(error.attempts.map(({ provider }) => provider)).toEqual(["a", "b"]);
    expect((error.cause as AggregateError).errors[0]).toBe(cause);
    expect(error.message).toContain("a: no such device");
    expect(error.message).toContain("b: wrong numbers: mean[0] is NaN");
  });
});

describe("wrong numbers", () => {
  const largest = Math.max(...expected().logits!.data.map(Math.abs));

  test("within the tolerance pass: 1e-5 is allowed whatever the magnitude", async () => {
    const runtime = fakeRuntime({ near: { error: 8e-6 } }, ["near"]);
    expect((await loadVae(tinyBytes(), { runtime })).runtime.chosen).toBe("near");
  });

  test("probabilities are held to 1e-5, though the scaled tolerance allows more", async () => {
    expect(largest).toBeGreaterThan(1);
    const runtime = fakeRuntime({ off: { error: 4e-5 } }, ["off"]);
    const error = await refused(loadVae(tinyBytes(), { runtime }), ProviderError);
    expect(error.message).toContain("reconstruction[0]");
  });

  test.each([
    ["float32", 1e-3, false],
    ["float16", 1e-3, true],
    ["float16", 1e-2, false],
  ] as const)("%s, off by %f: taken %s", async (precision, error, taken) => {
    const { manifest, files } = tinyBytes();
    const { float32 } = manifest.variants;
    // No error is stated for it: what is allowed is the rounding of a GPU that computes in float16.
    const halved = { ...manifest, variants: { float32, float16: float32 } };
    const runtime = fakeRuntime({ gpu: { error } }, ["gpu"]);
    const load = loadVae({ manifest: halved, files }, { runtime, precision });
    expect(
      await load.then(
        () => true,
        () => false,
      ),
    ).toBe(taken);
  });

  test.each([
    [0.0101, true],
    [0.0103, false],
  ])(
    "of a distortion whose terms cancel are of its 12 terms: %f taken %s",
    async (distortion, taken) => {
      const { manifest, files } = tinyBytes();
      manifest.check.outputs.distortion = encodeTensor(Float32Array.of(0.01), [1, 1]);
      const runtime = fakeRuntime({ own: { distortion } }, ["own"]);
      const load = loadVae({ manifest, files }, { runtime });
      if (taken) expect((await load).runtime.chosen).toBe("own");
      else
        expect((await refused(load, ProviderError)).message).toContain("distortion[0] is 0.0103");
    },
  );

  test("are taken when verification is turned off, and the report says so", async () => {
    const runtime = fakeRuntime({ wrong: { error: 1 } }, ["wrong"]);
    const vae = await loadVae(tinyBytes(), { runtime, verify: false });
    expect(vae.runtime.verified).toBe(false);
  });
});

describe("strict", () => {
  test("turns a fallback into an error", async () => {
    const runtime = fakeRuntime({ a: { absent: new Error("absent") }, b: {} }, ["a", "b"]);
    const error = await refused(loadVae(tinyBytes(), { runtime, strict: true }), ProviderError);
    expect(error.message).toContain("`strict` forbids the fallback");
    expect(runtime.events).toEqual(["open a"]);
  });

  test("refuses a provider that leaves nodes to the CPU, which else is reported", async () => {
    const runtime = fakeRuntime({ part: { partial: new Error("nodes on the CPU") } }, ["part"]);
    expect((await loadVae(tinyBytes(), { runtime })).runtime.wholeGraph).toBe(false);
    const error = await refused(loadVae(tinyBytes(), { runtime, strict: true }), ProviderError);
    expect(error.attempts[0]!.reason).toBe("nodes on the CPU");
  });
});

describe("no attempt is made", () => {
  test.each(["cdua", "CPU", "", "__proto__"])("for an unknown provider %j", async (provider) => {
    const runtime = fakeRuntime({ mine: {} }, ["mine"]);
    for (const request of [provider, ["mine", provider]]) {
      const load = loadVae(tinyBytes(), { runtime, provider: request });
      const error = await refused(load, UnknownProviderError);
      expect(error.message).toContain(JSON.stringify(provider));
      expect(error.message).toContain("such as mine");
    }
    expect(runtime.events).toEqual([]);
  });

  test("for an empty list", async () => {
    const runtime = fakeRuntime({ mine: {} }, ["mine"]);
    await refused(loadVae(tinyBytes(), { runtime, provider: [] }), UnknownProviderError);
  });
});

describe("errors that another provider would not mend end the attempts", () => {
  test("a missing package", async () => {
    const missing = new RuntimeMissingError("fake", new Error("not found"));
    const runtime = fakeRuntime({ a: { absent: missing }, b: {} }, ["a", "b"]);
    const error = await refused(loadVae(tinyBytes(), { runtime }), RuntimeMissingError);
    expect(error.message).toContain("npm install fake@");
  });

  test("a graph without the format's outputs", async () => {
    const files = tinyBytes().files;
    const manifest = rawManifest();
    const { encoder, decoder } = manifest.variants.float32;
    manifest.variants.float32.encoder = { ...decoder };
    manifest.variants.float32.decoder = { ...encoder };
    const error = await refused(loadVae({ manifest, files }), ModelFileError);
    expect(error.file).toBe("decoder.onnx");
    expect(error.message).toContain("the input z does not fit the format, which knows x.");
  });
});

test("a run that fails leaves the calls around it alone", async () => {
  // Runs 0 to 2 are the verification's.
  const runtime = fakeRuntime({ flaky: { failingRuns: [4] } }, ["flaky"]);
  const vae = await loadVae(tinyBytes(), { runtime });
  const z = new Float32Array(2);
  const calls = await Promise.allSettled([vae.decode(z), vae.decode(z), vae.decode(z)]);
  expect(calls.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
