/** What to do with input that comes faster than a model runs: answer the newest, skip what it overtook. */
import { DisposedError } from "@vaeport/infer";

/**
 * A function that runs `task` at once when it is idle, and otherwise once more when it is done. A model that was
 * replaced meanwhile is no failure; every other goes to `onError`.
 */
export function newest(task: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let busy = false;
  let again = false;
  return async function run() {
    again = busy;
    if (busy) return;
    busy = true;
    do {
      again = false;
      await task().catch((error: unknown) => {
        if (!(error instanceof DisposedError)) onError(error);
      });
    } while (again);
    busy = false;
  };
}
