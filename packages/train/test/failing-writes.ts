/** A disk that is full for some files. */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** Runs `during` while writing to the paths that `fails` picks ends halfway, with ENOSPC. */
export async function withFailingWrites(
  fails: (path: string) => boolean,
  during: () => Promise<unknown>,
): Promise<void> {
  const { writeFile } = fs;
  const full: typeof writeFile = async (path, data, options) => {
    if (!fails(String(path))) return writeFile(path, data, options);
    await writeFile(path, (data as Uint8Array | string).slice(0, 10), options);
    const message = `ENOSPC: no space left on device, write '${path}'`;
    throw Object.assign(new Error(message), { code: "ENOSPC", errno: -28, syscall: "write" });
  };
  fs.writeFile = full;
  syncBuiltinESMExports();
  try {
    await during();
  } finally {
    fs.writeFile = writeFile;
    syncBuiltinESMExports();
  }
}
