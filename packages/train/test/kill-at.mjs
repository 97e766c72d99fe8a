/**
 * Preloaded into a process (`node --import`): counts its changes of files, from the first one whose path holds
 * KILL_FROM, and ends it by SIGKILL at number KILL_AT, a file half-written. At its end it prints all
 * of them to standard error.
 */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const { KILL_FROM = "", KILL_AT } = process.env;
/** Not a number where the process is to live. */
const AT = Number(KILL_AT);
const { writeFile } = fs;
/** @type {string[]} */
const changes = [];

/** @type {Record<string, (path: string, ...rest: any[]) => Promise<unknown>>} */
const calls = /** @type {any} */ (fs);

for (const name of ["mkdir", "writeFile", "appendFile", "rename", "rm"]) {
  const change = /** @type {(typeof calls)[string]} */ (calls[name]);
  calls[name] = async (path, ...rest) => {
    if (changes.length > 0 || path.includes(KILL_FROM)) changes.push(`${name} ${path}`);
    if (changes.length === AT) {
      if (name === "writeFile") await writeFile(path, rest[0].slice(0, rest[0].length / 2));
      process.kill(process.pid, "SIGKILL");
    }
    return change(path, ...rest);
  };
}
syncBuiltinESMExports();
process.on("exit", () => console.error(JSON.stringify(changes)));
