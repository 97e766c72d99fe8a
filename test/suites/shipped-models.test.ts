/** Every shipped model loads on every runtime, all nodes on the provider, and passes its stored check. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { availableRuntimes } from "@vaeport/test/parity";
import { afterAll, describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../models/", import.meta.url));
const models = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
  .map((entry) => entry.name);

const machine = await availableRuntimes();
afterAll(() => machine.close());

test("there are models", () => {
  expect(models).toContain("mnist-dense-20");
});

// The harness loads strictly (no node may fall back to the CPU) and loading compares the graphs
// with tf.js' numbers in vae.json.
describe.each(machine.runtimes)("$name", (runtime) => {
  test.each(models)("runs %s", async (model) => {
    const { provider } = await runtime.run({ model: join(folder, model), batches: [] });
    expect(provider).toBe(runtime.provider);
  });
});
