/** How many epochs a run is of, where that becomes another number than it began with. */
import type { TrainConfig } from "../config.js";
import { RunFolderError } from "../errors.js";
import { bestEpoch, hasConverged } from "./early-stop.js";
import type { Snapshot } from "./snapshot.js";

/**
 * Makes sure that a run can go on to `now.training.epochs`, and then is what a training of so many from the start is.
 *
 * @param where names the run in messages
 * @param finished whether it came to its end, of `then.training.epochs`
 * @throws RunFolderError when it is there already, stopped early, or follows a schedule that spans all epochs
 */
export function requireLength(
  where: string,
  now: TrainConfig,
  {
    config: then,
    snapshot,
    finished,
  }: { config: TrainConfig; snapshot: Snapshot; finished: boolean },
): void {
  const { epochs, earlyStop } = now.training;
  const { metrics, step } = snapshot;
  const done = metrics.length;
  const fail = (problem: string) => new RunFolderError(`${where}: ${problem}`);
  if (done > epochs || (done === epochs && (finished || step > 0))) {
    const part = step > 0 ? " and a part" : "";
    throw fail(`${done}${part} epochs are done, and it was to end at ${epochs}. Give it more.`);
  }
  if (finished && hasConverged(metrics, earlyStop)) {
    throw fail(
      `it stopped early, at epoch ${done}, ${earlyStop!.patience} after its best (${bestEpoch(metrics, earlyStop!)}), ` +
        "whatever the epochs allowed. Train with a larger training.earlyStop.patience into another folder.",
    );
  }
  if (epochs === then.training.epochs) return;
  const spanning = spanningSchedule(now);
  if (spanning) {
    throw fail(
      `its ${spanning} spans all of its ${then.training.epochs} epochs, so that a training of ${epochs} is another ` +
        "from its first step. Train that into another folder.",
    );
  }
}

/** What of a configuration decides a step by how many there are in all. */
function spanningSchedule({ training, objective }: TrainConfig): string | undefined {
  if (training.learningRateSchedule.type === "cosine") return "cosine learningRateSchedule";
  return objective.warmUp?.type === "cyclical" ? "cyclical warmUp" : undefined;
}
