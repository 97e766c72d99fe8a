/** Rows on their way into a file: what is written survives a kill, and the same command goes on from there. */
import { existsSync } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, nameOf, readHolder, takeLock, type Unlock } from "../../files/index.js";
import { elementCount } from "../../shape.js";
import { type Column, printNpyHead, rowBytes } from "./npy.js";
import { OutputError, writing } from "./output-error.js";
import { writeWhole } from "./whole.js";

export interface RowFileOptions {
  path: string;
  columns: readonly Column[];
  rows: number;
  /** What the rows follow from; a half-made file of another fingerprint is thrown away. */
  fingerprint: string;
  /** A half-made file is cut to a multiple of this many rows, so that batches are the same as without a kill. */
  batch: number;
  force: boolean;
}

/**
 * `<path>.partial` holds head and rows, `<path>.partial.json` the fingerprint; both are gone when the file appears.
 * `<path>.partial.lock` is there while a run has it.
 */
export class RowFile {
  readonly partial: string;
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Where the rows begin. */
  readonly offset: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #unlock: Unlock;
  #done: number;

  private constructor(
    { path, columns, rows }: RowFileOptions,
    file: FileHandle,
    unlock: Unlock,
    offset: number,
    done: number,
  ) {
    this.#path = path;
    this.partial = `${path}.partial`;
    this.columns = columns;
    this.rows = rows;
    this.offset = offset;
    this.#file = file;
    this.#unlock = unlock;
    this.#done = done;
  }

  /** Throws OutputError where the file exists without `force`, cannot be made, or is being written by another run. */
  static open(options: RowFileOptions): Promise<RowFile> {
    const { path, force } = options;
    return writing(path, async () => {
      await makeFolder(dirname(path));
      const unlock = await lock(path);
      try {
        await requireFree(path, force);
        return await RowFile.#resume(options, unlock);
      } catch (error) {
        await unlock();
        throw error;
      }
    });
  }

  static async #resume(options: RowFileOptions, unlock: Unlock): Promise<RowFile> {
    const { path, columns, rows, fingerprint, batch } = options;
    const head = printNpyHead(columns, rows);
    const [partial, note] = [`${path}.partial`, `${path}.partial.json`];
    const known = await readFile(note, "utf8").catch(() => "");
    const same = known === fingerprint && existsSync(partial);
    if (!same) {
      await rm(partial, { force: true });
      await writeFile(note, fingerprint);
    }
    const file = await open(partial, same ? "r+" : "w+");
    const size = rowBytes(columns);
    const whole = Math.floor(Math.max((await file.stat()).size - head.length, 0) / size);
    const done = whole >= rows ? rows : whole - (whole % batch);
    await file.truncate(done === 0 ? 0 : head.length + done * size);
    if (done === 0) await writeWhole(partial, file, 0, head);
    return new RowFile(options, file, unlock, head.length, done);
  }

  /** Rows written so far. */
  get done(): number {
    return this.#done;
  }

  /** Appends `count` rows: of each column its values, row by row. Throws OutputError where they find no room. */
  async append(values: readonly Float32Array[], count: number): Promise<void> {
    const widths = this.columns.map(({ shape }) => elementCount(shape));
    const width = rowBytes(this.columns) / 4;
    const rows = new Float32Array(count * width);
    for (let row = 0, at = 0; row < count; row++) {
      for (const [column, size] of widths.entries()) {
        rows.set(values[column]!.subarray(row * size, (row + 1) * size), at);
        at += size;
      }
    }
    const position = this.offset + this.#done * width * 4;
    const bytes = new Uint8Array(rows.buffer);
    await writing(this.#path, () => writeWhole(this.partial, this.#file, position, bytes));
    this.#done += count;
  }

  /** Makes the file out of the rows, as `finish` writes it to a path, and gives it its name. Throws OutputError. */
  finish(finish?: (target: string) => Promise<void>): Promise<void> {
    return writing(this.#path, async () => {
      await this.#file.sync();
      await this.#file.close();
      if (finish === undefined) await rename(this.partial, this.#path);
      else await this.#replace(finish);
      await rm(`${this.#path}.partial.json`);
    });
  }

  /** The rows in another format, in the place of those here. */
  async #replace(finish: (target: string) => Promise<void>): Promise<void> {
    const target = `${this.#path}.new`;
    try {
      await finish(target);
      await rename(target, this.#path);
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    }
    await rm(this.partial);
  }

  /** Lets other runs have the file; what is not finished stays. */
  async close(): Promise<void> {
    await this.#file.close();
    await this.#unlock();
  }
}

/** One run at a time for an output: a lock beside it. */
async function lock(path: string): Promise<Unlock> {
  const file = `${path}.partial.lock`;
  const unlock = await takeLock(file);
  if (unlock) return unlock;
  const who = nameOf(await readHolder(file));
  throw new OutputError(
    `${path} is being written by ${who}. Wait for it, or choose another -o; if it is no such run, delete ${file}.`,
  );
}

async function requireFree(path: string, force: boolean): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    throw new OutputError(`${path} is a folder. Choose another name for the file.`);
  }
  if (found !== undefined && !force) throw new OutputError(`${path} exists. --force replaces it.`);
}
