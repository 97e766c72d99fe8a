/** One checkpoint on disk: a snapshot in `checkpoint.json` and `state.bin`, under a checksum over both. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig, type TrainConfig } from "../config.js";
import { CheckpointError, RunFolderError } from "../errors.js";
import type { DataFingerprint } from "./data-fingerprint.js";
import { finalMetrics } from "./early-stop.js";
import type { EngineState, SavedTensor } from "./engine-state.js";
import { writeJson, writeWhole } from "./files.js";
import type { EpochMetrics } from "./loop.js";
import type { Snapshot } from "./snapshot.js";

const HEADER = "checkpoint.json";
const STATE = "state.bin";
const FORMAT = "vaeport-checkpoint";
const VERSION = 2;

interface Header extends Pick<Snapshot, "sums" | "seconds" | "metrics"> {
  format: typeof FORMAT;
  version: typeof VERSION;
  config: TrainConfig;
  data?: DataFingerprint;
  /** What decides shuffles and noise from here on: the seed, whole epochs, steps after them. */
  position: { seed: number; epoch: number; step: number };
  /** Where a training stops early: the best epoch so far, whose weights are the tensors named `best/…`. */
  best?: { epoch: number; negativeElbo: number };
  /** What `state.bin` holds, one after the other, little-endian. */
  tensors: Pick<SavedTensor & { name: string }, "name" | "dtype" | "shape">[];
}

/** Opens the names of the best epoch's weights. */
const BEST = "best/";

/** What is trained, on what: what a snapshot belongs to. */
export interface Training {
  config: TrainConfig;
  /** Absent where a checkpoint of before it was kept is read. */
  data?: DataFingerprint | undefined;
}

/** A checkpoint as it was read. */
export interface Checkpoint extends Training {
  snapshot: Snapshot;
}

/** Writes the files of a checkpoint into an existing folder. */
export async function writeCheckpoint(
  folder: string,
  { config, data }: Training,
  { metrics, step, sums, seconds, state, best = {} }: Snapshot,
): Promise<void> {
  const kept = Object.entries(best).map(([name, tensor]) => [BEST + name, tensor] as const);
  const tensors = { ...state, ...Object.fromEntries(kept) };
  const bytes = Buffer.concat(
    Object.values(tensors).map(({ values: { buffer, byteOffset, byteLength } }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  );
  const header: Header = {
    format: FORMAT,
    version: VERSION,
    config,
    ...(data && { data }),
    position: { seed: config.seed, epoch: metrics.length, step },
    sums,
    seconds,
    metrics,
    ...(kept.length > 0 && { best: bestOf(config, metrics) }),
    tensors: Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
  };
  await writeWhole(join(folder, STATE), bytes);
  await writeJson(join(folder, HEADER), { ...header, sha256: checksum(header, bytes) });
}

/**
 * Reads a checkpoint and verifies that it is as it was written.
 *
 * @throws CheckpointError when a file is missing or changed
 * @throws RunFolderError when another version wrote it, since those before it are then none to go on from either
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  try {
    const text = await readFile(join(folder, HEADER), "utf8");
    const { sha256, ...header } = JSON.parse(text) as Header & { sha256: string };
    requireVersion(folder, header);
    const bytes = await readFile(join(folder, STATE));
    if (checksum(header, bytes) !== sha256) throw new Error("its checksum does not match");
    const { config, data, metrics, position, sums, seconds } = header;
    const { state, best } = unpack(header, bytes);
    return {
      config: parseConfig(config, join(folder, HEADER)),
      data,
      snapshot: { metrics, step: position.step, sums, seconds, state, ...(best && { best }) },
    };
  } catch (cause) {
    if (cause instanceof RunFolderError) throw cause;
    throw new CheckpointError(folder, `damaged (${(cause as Error).message}).`, { cause });
  }
}

function requireVersion(folder: string, { format, version }: Pick<Header, "format" | "version">) {
  if (format !== FORMAT) throw new Error(`its format is ${format}, not ${FORMAT}`);
  if (version === VERSION) return;
  throw new RunFolderError(
    `${folder}: a checkpoint of version ${version}, and this @vaeport/train reads version ${VERSION}. ` +
      "Resume with the @vaeport/train that wrote it, or train the run again, with --force.",
  );
}

/** Of the header, as its JSON reads without spaces, and of the state. */
function checksum(header: Header, bytes: Uint8Array): string {
  return createHash("sha256").update(JSON.stringify(header)).update(bytes).digest("hex");
}

function bestOf({ training }: TrainConfig, metrics: readonly EpochMetrics[]) {
  const { epoch, test } = finalMetrics(metrics, training);
  return { epoch, negativeElbo: test.negativeElbo };
}

function unpack(
  { tensors, best: bestEpoch }: Header,
  bytes: Uint8Array,
): Pick<Snapshot, "state" | "best"> {
  const state: EngineState = {};
  const best: EngineState = {};
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const length = 4 * shape.reduce((product, size) => product * size, 1);
    const { buffer } = Uint8Array.from(bytes.subarray(offset, offset + length)); // aligned
    const [target, key] = name.startsWith(BEST) ? [best, name.slice(BEST.length)] : [state, name];
    target[key] =
      dtype === "int32"
        ? { shape, dtype, values: new Int32Array(buffer) }
        : { shape, dtype, values: new Float32Array(buffer) };
    offset += length;
  }
  return { state, ...(bestEpoch && { best }) };
}
