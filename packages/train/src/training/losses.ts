/** Losses of training steps, kept on the native side and read now and then. */
import type { Tensor1D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../tensorflow/index.js";

/** Means per item, in nats; `rate` is never weighted. */
export interface Losses {
  /** distortion + rate. */
  negativeElbo: number;
  distortion: number;
  rate: number;
}

/** Running mean over the items of an epoch, summed in float64 in the order of the steps. */
export class LossMeter {
  readonly #tf: TensorFlow;
  #pending: { losses: Tensor1D; items: number }[] = [];
  #distortion = 0;
  #rate = 0;
  #items = 0;

  constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  /** Takes over a step's [distortion, rate], means over `items`; nothing is read yet. */
  add(losses: Tensor1D, items: number): void {
    this.#pending.push({ losses, items });
  }

  /** Reads what has come since the last call, and returns the means so far. */
  read(): Losses {
    if (this.#pending.length > 0) {
      const stacked = this.#tf.stack(this.#pending.map(({ losses }) => losses));
      const values = stacked.dataSync();
      this.#pending.forEach(({ items }, i) => {
        this.#distortion += items * values[2 * i]!;
        this.#rate += items * values[2 * i + 1]!;
        this.#items += items;
      });
      stacked.dispose();
      this.dispose();
    }
    const distortion = this.#distortion / this.#items;
    const rate = this.#rate / this.#items;
    return { negativeElbo: distortion + rate, distortion, rate };
  }

  /** Frees what has not been read. */
  dispose(): void {
    this.#tf.dispose(this.#pending.map(({ losses }) => losses));
    this.#pending = [];
  }
}
