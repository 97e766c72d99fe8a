/** Numbers of which nobody knows beforehand how many there are. */

const PIECE = 2 ** 16;

type Numbers = Float32Array | Float64Array;

/** Grows by pieces that are copied once, at the end: an array of numbers takes twice the memory, and grows by copies. */
export class NumberList {
  readonly #Type: new (
    length: number,
  ) => Numbers;
  readonly #full: Numbers[] = [];
  #piece: Numbers;
  #used = 0;

  /** @param Type how exactly the numbers are kept */
  constructor(Type: new (length: number) => Numbers) {
    this.#Type = Type;
    this.#piece = new Type(PIECE);
  }

  push(value: number): void {
    if (this.#used === PIECE) {
      this.#full.push(this.#piece);
      this.#piece = new this.#Type(PIECE);
      this.#used = 0;
    }
    this.#piece[this.#used++] = value;
  }

  toArray(): Numbers {
    const whole = new this.#Type(this.#full.length * PIECE + this.#used);
    for (const [i, piece] of this.#full.entries()) whole.set(piece, i * PIECE);
    whole.set(this.#piece.subarray(0, this.#used), this.#full.length * PIECE);
    return whole;
  }
}
