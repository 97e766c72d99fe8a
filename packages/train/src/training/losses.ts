/** Losses of training steps, averaged over an epoch. */

/** Means per item, in nats; `rate` is never weighted. */
export interface Losses {
  /** distortion + rate. */
  negativeElbo: number;
  distortion: number;
  rate: number;
}

/** Sums over the items of an epoch that are done, in nats. */
export interface LossSums {
  distortion: number;
  rate: number;
  items: number;
}

/** Running mean over the items of an epoch, summed in float64 in the order of the steps. */
export class LossMeter {
  #distortion: number;
  #rate: number;
  #items: number;

  /** @param sums of the steps before */
  constructor({ distortion, rate, items }: LossSums = { distortion: 0, rate: 0, items: 0 }) {
    this.#distortion = distortion;
    this.#rate = rate;
    this.#items = items;
  }

  /** Adds a step's [distortion, rate], means over `items`. */
  add(terms: ArrayLike<number>, items: number): void {
    this.#distortion += items * terms[0]!;
    this.#rate += items * terms[1]!;
    this.#items += items;
  }

  get sums(): LossSums {
    return { distortion: this.#distortion, rate: this.#rate, items: this.#items };
  }

  /** The means so far. */
  read(): Losses {
    const distortion = this.#distortion / this.#items;
    const rate = this.#rate / this.#items;
    return { negativeElbo: distortion + rate, distortion, rate };
  }
}
