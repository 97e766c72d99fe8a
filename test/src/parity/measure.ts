/** One model on one runtime, compared with the reference. */
import { compare } from "./compare.js";
import type { ReferenceBatch } from "./reference.js";
import type { RuntimeCase } from "./runtimes.js";
import type { ParityRow } from "./table.js";

/**
 * Runs all batches on the runtime.
 *
 * @throws Error when the runtime fails, or when another provider ran than the one asked for.
 */
export async function measureParity(
  model: { name: string; folder: string },
  references: readonly ReferenceBatch[],
  runtime: RuntimeCase,
): Promise<ParityRow> {
  const result = await runtime.run({
    model: model.folder,
    batches: references.map((reference) => reference.batch),
  });
  if (result.provider !== runtime.provider) {
    throw new Error(`${runtime.name}: asked for ${runtime.provider}, ${result.provider} ran`);
  }
  const differences = references.flatMap((reference, index) =>
    compare(reference.outputs, result.outputs[index]!),
  );
  return { model: model.name, runtime: runtime.name, differences };
}
