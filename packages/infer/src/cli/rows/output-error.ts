/** What stands in the way of an output, and what to do. */
import { InferError } from "../../errors.js";

/** The output exists, or cannot be written. */
export class OutputError extends InferError {
  override readonly name = "OutputError";
}

/** Does `work` on the output at `path`; what the system refuses is an OutputError. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof InferError) throw cause;
    throw new OutputError(
      `cannot write ${path}: ${(cause as Error).message}. Once that is mended, the same command goes on where this one ended.`,
      { cause },
    );
  }
}
