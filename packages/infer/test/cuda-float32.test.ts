/** TensorFloat-32 is off before CUDA's libraries load, unless the user set NVIDIA's variable. */
import { afterEach, expect, test, vi } from "vitest";
import { forbidTensorFloat32 } from "../src/runtime/cuda.js";

afterEach(() => vi.unstubAllEnvs());

test.each([
  [undefined, "0"],
  ["1", "1"],
])("set to %s before: %s", (before, after) => {
  vi.stubEnv("NVIDIA_TF32_OVERRIDE", before);
  forbidTensorFloat32();
  expect(process.env.NVIDIA_TF32_OVERRIDE).toBe(after);
});
