/** Reading that is watched and can be stopped. */
import { setImmediate } from "node:timers/promises";
import { InterruptedError } from "../errors.js";

/** Told now and then while data is read: how many of what (files, items, bytes). */
export type ReadProgress = (done: number, of: number) => void;

/** How reading is watched and stopped. */
export interface ReadOptions {
  onProgress?: ReadProgress | undefined;
  /** Ends the reading, at its next part. */
  signal?: AbortSignal | undefined;
}

/**
 * Called by a reader after each part that takes a moment.
 *
 * @throws InterruptedError when the reading is to end
 */
export type Reading = (done: number, of: number) => Promise<void>;

/** Signals arrive between turns of the event loop only; an interrupt waits this long, and for the part in hand. */
const TURN_MS = 50;

export function createReading({ onProgress, signal }: ReadOptions = {}): Reading {
  let turned = performance.now();
  return async (done, of) => {
    onProgress?.(done, of);
    if (performance.now() - turned >= TURN_MS) {
      await setImmediate();
      turned = performance.now();
    }
    if (signal?.aborted) throw new InterruptedError(0);
  };
}
