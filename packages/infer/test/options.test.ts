/** Options as JavaScript may give them: of another type than TypeScript would let through. */
import { InputError, loadVae, UnknownProviderError, type Vae } from "@vaeport/infer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtime as node } from "../src/runtime/node.js";
import { expected, TINY } from "./helpers.js";

const { z } = expected() as { z: { data: Float32Array; shape: number[] } };

test.each([5, {}, [5], ["cpu", null]])("the provider %j is unknown", async (provider) => {
  const load = loadVae(TINY, { provider: provider as never });
  await expect(load).rejects.toThrow(UnknownProviderError);
});

test("a number is told from its text", async () => {
  const load = loadVae(TINY, { workers: "2" as never });
  await expect(load).rejects.toThrow('workers: expected a whole number from 1 up; got "2".');
});

test("a URL that is none is a SourceError", () => {
  expect(() => node.resolve("https://")).toThrow("https://: expected a URL.");
});

describe("calls", () => {
  let vae: Vae;
  beforeAll(async () => {
    vae = await loadVae(TINY, { provider: "cpu" });
  });
  afterAll(() => vae.dispose());

  test.each<[string, (vae: Vae) => unknown, string]>([
    [
      "a range that is a number",
      (vae) => vae.traverse(z.data.slice(0, 2), { dimension: 0, steps: 2, range: 5 as never }),
      "traverse: range: expected a finite number; got undefined.",
    ],
    [
      "more items than an array of data holds",
      (vae) => vae.sample(2 ** 28, { seed: 1 }),
      "sample: n: expected a whole number from 1 to 178956970; got 268435456.",
    ],
    [
      "more steps than an array of data holds",
      (vae) => vae.interpolate(z.data.slice(0, 2), z.data.slice(0, 2), { steps: 2 ** 28 }),
      "interpolate: steps: expected a whole number from 2 to 178956970",
    ],
  ])("refuse %s", async (_, call, message) => {
    const error = await Promise.resolve()
      .then(() => call(vae))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
