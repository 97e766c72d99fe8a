/** Runs a command over all rows, batch by batch, into a file that appears whole. */
import type { Vae } from "../../vae.js";
import type { Labels } from "./labels.js";
import { importParquet, writeParquet } from "./parquet.js";
import { startProgress } from "./progress.js";
import { RowFile } from "./row-file.js";
import type { RowSource } from "./source.js";
import { makeWork, type Settings, type WorkKind } from "./work.js";

export interface RowsJob {
  kind: WorkKind;
  vae: Vae;
  source: RowSource | undefined;
  labels: Labels;
  rows: number;
  settings: Settings;
  batch: number;
  output: string;
  force: boolean;
  signal: AbortSignal;
}

export interface RowsResult {
  file: string;
  rows: number;
  /** Rows that an earlier, interrupted run had made. */
  resumed: number;
  seconds: number;
  rowsPerSecond: number;
  provider: string;
}

export async function runRows(job: RowsJob): Promise<RowsResult> {
  const { kind, vae, source, labels, rows, settings, batch, output, force, signal } = job;
  const parquet = output.endsWith(".parquet") ? await importParquet() : undefined;
  const { columns, run } = makeWork(kind, vae, source, labels, settings);
  const file = await RowFile.open({
    path: output,
    columns,
    rows,
    fingerprint: fingerprint(job),
    batch,
    force,
  });
  const resumed = file.done;
  try {
    const progress = startProgress(rows, resumed);
    while (file.done < rows) {
      signal.throwIfAborted();
      const count = Math.min(batch, rows - file.done);
      await file.append(await run(file.done, count, signal), count);
      progress.update(file.done);
    }
    const speed = progress.end(rows);
    const id = (row: number) => source?.id(row) ?? String(row);
    await file.finish(parquet && ((target) => writeParquet(parquet, file, id, target)));
    return { file: output, rows, resumed, ...speed, provider: vae.runtime.chosen };
  } finally {
    await file.close();
  }
}

/** What the rows follow from, as text: the model, the input, the settings. */
function fingerprint({ kind, vae, source, labels, rows, settings, batch }: RowsJob): string {
  const { variants } = vae.manifest;
  const { chosen } = vae.runtime;
  const input = [source?.fingerprint, labels.fingerprint];
  return JSON.stringify({ kind, variants, chosen, input, rows, settings, batch });
}
