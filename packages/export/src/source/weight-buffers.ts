/** Memory that weights are read into: of its own for each, or, while they are written out, the same for all. */
export class WeightBuffers {
  #reuses = false;
  #spare: ArrayBuffer[] = [];
  #taken: ArrayBuffer[] = [];

  /** At least `length` bytes, of any content. */
  take(length: number): ArrayBuffer {
    if (!this.#reuses) return new ArrayBuffer(length);
    const at = this.#spare.findIndex(({ byteLength }) => byteLength >= length);
    const buffer = this.#spare.splice(at, at < 0 ? 0 : 1)[0] ?? new ArrayBuffer(length);
    this.#taken.push(buffer);
    return buffer;
  }

  /** The same pieces, each of which is done with when the next is asked for: what was taken for it serves again. */
  *reusedBetween(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    this.#reuses = true;
    try {
      for (const piece of pieces) {
        yield piece;
        this.#spare.push(...this.#taken.splice(0));
      }
    } finally {
      this.#reuses = false;
      this.#spare = [];
      this.#taken = [];
    }
  }
}
