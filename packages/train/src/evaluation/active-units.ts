/** Active units: latent dimensions that the encoder uses. */

/** Burda, Grosse and Salakhutdinov (2015), section 5.2: a unit is active where Var_x(E[z | x]) exceeds this. */
export const ACTIVE_VARIANCE = 0.01;

/** Variance of each posterior mean over the data, streamed in float64 (Welford 1962). */
export class ActiveUnits {
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  #items = 0;

  constructor(latentSize: number) {
    this.#mean = new Float64Array(latentSize);
    this.#squares = new Float64Array(latentSize);
  }

  /** Adds a batch of posterior means, [N, k] row-major. */
  add(means: ArrayLike<number>): void {
    const size = this.#mean.length;
    for (let start = 0; start < means.length; start += size) {
      this.#items += 1;
      for (let unit = 0; unit < size; unit++) {
        const value = means[start + unit]!;
        const delta = value - this.#mean[unit]!;
        this.#mean[unit]! += delta / this.#items;
        this.#squares[unit]! += delta * (value - this.#mean[unit]!);
      }
    }
  }

  count(): number {
    return this.#squares.filter((sum) => sum / this.#items > ACTIVE_VARIANCE).length;
  }
}
