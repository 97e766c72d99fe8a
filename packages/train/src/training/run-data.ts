/** The data of a finished run, read again, once it is known to be what its networks take. */
import { type Dataset, loadDataset } from "../data/dataset.js";
import { RunFolderError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Run } from "./run-folder.js";

/**
 * @param folder of the run, for messages
 * @throws RunFolderError when items or classes are no longer those that the run was trained on
 * @throws DataError, MissingPackageError as `loadDataset`
 */
export async function loadRunData(
  tf: TensorFlow,
  folder: string,
  { config, summary }: Pick<Run, "config" | "summary">,
): Promise<Dataset> {
  const dataset = await loadDataset(tf, config.data);
  const then = { items: summary.data.shape, classes: summary.condition?.names };
  const now = {
    items: dataset.itemShape,
    classes: summary.condition && (dataset.labels?.names ?? []),
  };
  const changed = (["items", "classes"] as const).filter((key) => {
    return then[key]?.join() !== now[key]?.join();
  });
  if (changed.length === 0) return dataset;
  dataset.dispose();
  const changes = changed.map(
    (key) => `${key} [${then[key]?.join(", ")}], and the data now has [${now[key]?.join(", ")}]`,
  );
  throw new RunFolderError(
    `${folder}: was trained on ${changes.join("; ")}. Put the data back as it was, or train the run again.`,
  );
}
