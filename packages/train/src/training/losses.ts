/** Losses of training steps, averaged over an epoch. */

/** Means per item, in nats; `rate` is never weighted. */
export interface Losses {
  /** distortion + rate. */
  negativeElbo: number;
  distortion: number;
  rate: number;
}

/** What a training step reports. */
export interface StepReport {
  /** [distortion, rate], means over the batch, in nats. */
  terms: ArrayLike<number>;
  /** Global norm of the gradients, before clipping. */
  gradientNorm: number;
}

/** Sums over an epoch as far as it is done. */
export interface LossSums {
  /** Over the items, in nats. */
  distortion: number;
  rate: number;
  items: number;
  /** Over the steps. */
  gradientNorm: number;
  steps: number;
}

const NOTHING: LossSums = { distortion: 0, rate: 0, items: 0, gradientNorm: 0, steps: 0 };

/** Running mean over the items of an epoch, summed in float64 in the order of the steps. */
export class LossMeter {
  readonly #sums: LossSums;

  /** @param sums of the steps before */
  constructor(sums: LossSums = NOTHING) {
    this.#sums = { ...sums };
  }

  /** Adds a step on so many items. */
  add({ terms, gradientNorm }: StepReport, items: number): void {
    this.#sums.distortion += items * terms[0]!;
    this.#sums.rate += items * terms[1]!;
    this.#sums.items += items;
    this.#sums.gradientNorm += gradientNorm;
    this.#sums.steps += 1;
  }

  get sums(): LossSums {
    return { ...this.#sums };
  }

  /** Means over the items so far. */
  read(): Losses {
    const distortion = this.#sums.distortion / this.#sums.items;
    const rate = this.#sums.rate / this.#sums.items;
    return { negativeElbo: distortion + rate, distortion, rate };
  }

  /** Mean over the steps so far. */
  get gradientNorm(): number {
    return this.#sums.gradientNorm / this.#sums.steps;
  }
}
