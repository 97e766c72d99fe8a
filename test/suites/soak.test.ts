/** Nightly: memory stays level over 50 rounds and more of load, decode, dispose on each provider (bench/soak). */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SOAK = fileURLToPath(new URL("../../bench/soak/soak.mjs", import.meta.url));

describe.runIf(process.env.VAEPORT_NIGHTLY)("rounds of load, decode, dispose", () => {
  // Other programs move a process's resident memory; what truly grows does so twice.
  test.each(["cpu", "wasm", "webgpu"])("do not grow on %s", { retry: 1 }, (provider) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SOAK, provider, "--no-setup"], {
      encoding: "utf8",
    });
    console.log(stdout);
    expect(status, stdout + stderr).toBe(0);
  });
});
