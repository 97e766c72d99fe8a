/** Float32 numbers of which nobody knows beforehand how many there are. */

const PIECE = 2 ** 16;

/** Grows by pieces that are copied once, at the end: an array of numbers takes twice the memory, and grows by copies. */
export class FloatList {
  readonly #full: Float32Array[] = [];
  #piece = new Float32Array(PIECE);
  #used = 0;

  push(value: number): void {
    if (this.#used === PIECE) {
      this.#full.push(this.#piece);
      this.#piece = new Float32Array(PIECE);
      this.#used = 0;
    }
    this.#piece[this.#used++] = value;
  }

  toArray(): Float32Array {
    const whole = new Float32Array(this.#full.length * PIECE + this.#used);
    for (const [i, piece] of this.#full.entries()) whole.set(piece, i * PIECE);
    whole.set(this.#piece.subarray(0, this.#used), this.#full.length * PIECE);
    return whole;
  }
}
