/** The importance-weighted bound of each item, from log-weights that arrive in parts. */

/**
 * log of the mean of exp(values), streamed in float64: the largest value so far is kept apart, and nothing overflows.
 * Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2015), equation 8: of K log-weights it is L_K.
 */
export class LogMeanExp {
  #largest = -Infinity;
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#count += 1;
    if (value > this.#largest) {
      this.#sum = this.#sum * Math.exp(this.#largest - value) + 1;
      this.#largest = value;
    } else if (value !== -Infinity) {
      this.#sum += Math.exp(value - this.#largest);
    }
  }

  value(): number {
    return this.#largest + Math.log(this.#sum / this.#count);
  }
}
