/** The README's example runs and does what it says. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the example", () => {
  const readme = readFileSync(new URL("../../src/graph/README.md", import.meta.url), "utf8");
  const script = /```js\n([\s\S]+?)```/.exec(readme)![1]!;
  const cwd = new URL("../..", import.meta.url);
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd,
    encoding: "utf8",
  });
  const prediction = Number(/\[\s*(\S+)\s*\]/.exec(output)![1]);
  expect(Math.abs(prediction - 13)).toBeLessThan(0.7);
});
