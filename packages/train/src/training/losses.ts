/** Losses of training steps, averaged over an epoch. */
import { ACTIVE_VARIANCE } from "../evaluation/active-units.js";

/** Means per item, in nats; `rate` is never weighted. */
export interface Losses {
  /** distortion + rate. */
  negativeElbo: number;
  distortion: number;
  rate: number;
}

/** Everything that is logged of a set of items. */
export interface SetMetrics extends Losses {
  /** Of each latent dimension; together `rate`. */
  rateByDimension: number[];
  /** Latent dimensions whose posterior mean varies over the items. */
  activeUnits: number;
  /** -ELBO in bits, by the number of values of an item. */
  bitsPerDimension: number;
}

/** What a training step reports. */
export interface StepReport {
  /** Means over the batch, of length 2 + 3 k: distortion, rate; rates, posterior means and their squares, k each. */
  terms: ArrayLike<number>;
  /** Global norm of the gradients, before clipping. */
  gradientNorm: number;
}

/** Sums over an epoch as far as it is done. */
export interface LossSums {
  items: number;
  /** Over the items, of a step's terms; empty at first. */
  terms: number[];
  steps: number;
  /** Over the steps. */
  gradientNorm: number;
}

/** Running mean over the items of an epoch, summed in float64 in the order of the steps. */
export class LossMeter {
  readonly #sums: LossSums;

  /** @param sums of the steps before */
  constructor(sums: LossSums = { items: 0, terms: [], steps: 0, gradientNorm: 0 }) {
    this.#sums = { ...sums, terms: [...sums.terms] };
  }

  /** Adds a step on so many items. */
  add({ terms, gradientNorm }: StepReport, items: number): void {
    const sums = this.#sums;
    for (let i = 0; i < terms.length; i++) sums.terms[i] = (sums.terms[i] ?? 0) + items * terms[i]!;
    sums.items += items;
    sums.steps += 1;
    sums.gradientNorm += gradientNorm;
  }

  get sums(): LossSums {
    return { ...this.#sums, terms: [...this.#sums.terms] };
  }

  /** Means over the items so far. */
  read(): Losses {
    const { terms, items } = this.#sums;
    const [distortion, rate] = [terms[0]! / items, terms[1]! / items];
    return { negativeElbo: distortion + rate, distortion, rate };
  }

  /** As `read`, with all the rest. @param dimensions values of an item */
  readAll(dimensions: number): SetMetrics {
    const losses = this.read();
    const means = this.#sums.terms.slice(2).map((sum) => sum / this.#sums.items);
    const size = means.length / 3;
    const variances = means.slice(2 * size).map((square, i) => square - means[size + i]! ** 2);
    return {
      ...losses,
      rateByDimension: means.slice(0, size),
      activeUnits: variances.filter((variance) => variance > ACTIVE_VARIANCE).length,
      bitsPerDimension: bitsPerDimension(losses, dimensions),
    };
  }

  /** Mean over the steps so far. */
  get gradientNorm(): number {
    return this.#sums.gradientNorm / this.#sums.steps;
  }
}

export function bitsPerDimension({ negativeElbo }: Losses, dimensions: number): number {
  return negativeElbo / (dimensions * Math.LN2);
}
