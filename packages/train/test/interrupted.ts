/** Trainings that are stopped on their way. */
import { InterruptedError, type TrainConfig, train } from "@vaeport/train";
import { expect } from "vitest";

/** Trains until `epoch` epochs are done, and a little further. */
export async function interrupted(config: TrainConfig, out: string, epoch: number): Promise<void> {
  const interrupt = new AbortController();
  const training = train(config, {
    out,
    signal: interrupt.signal,
    onEvent(event) {
      if (event.type === "epoch" && event.metrics.epoch === epoch) interrupt.abort();
    },
  });
  await expect(training).rejects.toThrow(InterruptedError);
}
