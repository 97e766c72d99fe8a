/** The classes of the rows: one for all of them, or one for each from a .npy file. */
import { InputError } from "../../errors.js";
import type { Label } from "../../input.js";
import type { ConditionSection } from "../../manifest/types.js";
import { UsageError } from "../command.js";
import { openNpy } from "./input-files.js";

export interface Labels {
  /** Of a range of rows; nothing else is held in memory. */
  read(start: number, count: number): Promise<Label | undefined>;
  /** Changes with the classes. */
  fingerprint: string;
  close(): Promise<void>;
}

/** Classes out of NumPy's bytes, by its types of whole numbers. */
const DECODERS: Readonly<Record<string, { bytes: number; decode(bytes: Buffer): number[] }>> = {
  "|u1": { bytes: 1, decode: (bytes) => [...bytes] },
  "|i1": { bytes: 1, decode: (bytes) => [...new Int8Array(bytes.buffer, 0, bytes.length)] },
  "<i4": { bytes: 4, decode: (bytes) => [...new Int32Array(bytes.buffer, 0, bytes.length / 4)] },
  "<i8": {
    bytes: 8,
    decode: (bytes) => Array.from(new BigInt64Array(bytes.buffer, 0, bytes.length / 8), Number),
  },
};

/** What `--label` says: nothing, a class, or a file. Throws UsageError where it does not fit the model. */
export async function openLabels(
  label: string | undefined,
  condition: ConditionSection | undefined,
  rows: number,
): Promise<Labels> {
  if (condition === undefined) {
    if (label === undefined) return constant(undefined);
    throw new UsageError("--label: the model has no classes. Leave it out.");
  }
  if (label?.endsWith(".npy")) return openFile(label, rows);
  const { classes } = condition;
  if (label !== undefined && /^\d+$/.test(label) && Number(label) < classes) {
    return constant(Number(label));
  }
  const got = label === undefined ? "nothing" : JSON.stringify(label);
  throw new UsageError(
    `--label: the model has ${classes} classes; expected one from 0 to ${classes - 1}, or a .npy file with one for each row; got ${got}.`,
  );
}

function constant(label: number | undefined): Labels {
  return { read: async () => label, fingerprint: String(label), close: async () => {} };
}

function openFile(path: string, rows: number): Promise<Labels> {
  return openNpy(path, ({ head: { type, shape }, read, fingerprint, close }) => {
    const decoder = DECODERS[type];
    if (decoder === undefined || shape.length !== 1 || shape[0] !== rows) {
      throw new InputError(
        `${path}: expected ${rows} whole numbers; got ${type} of shape [${shape.join(", ")}]. Save labels.astype(numpy.int32), one for each row.`,
      );
    }
    const { bytes, decode } = decoder;
    return {
      read: async (start, count) => decode(await read(start * bytes, count * bytes)),
      fingerprint,
      close,
    };
  });
}
