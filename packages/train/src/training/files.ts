/** Files and folders that appear whole: written under a temporary name beside the target, then renamed. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";

/** Replaces a folder by what `write` puts into the temporary one. */
export async function replaceFolder(
  target: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  await viaTemporary(target, async (temporary) => {
    await mkdir(temporary, { recursive: true });
    await write(temporary);
    await rm(target, { recursive: true, force: true });
  });
}

/** Replaces a file. */
export async function writeWhole(target: string, text: string): Promise<void> {
  await viaTemporary(target, (temporary) => writeFile(temporary, text));
}

/** Replaces a file by indented JSON. */
export async function writeJson(target: string, value: unknown): Promise<void> {
  await writeWhole(target, `${JSON.stringify(value, null, 2)}\n`);
}

async function viaTemporary(
  target: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
