/** When, how and on what a result was measured. */
import { cpus } from "node:os";

/** @param {string} command */
export function describeRun(command) {
  const date = new Date().toISOString().slice(0, 10);
  const processor = `${cpus().length} cores of ${cpus()[0]?.model ?? "an unnamed processor"}`;
  return `${date}, \`${command}\`, Node ${process.versions.node}, ${processor}.`;
}
