/** Options that random layers share, and what a case of one is. */
import fc from "fast-check";

/** A layer to be made of its class and options; a layer or cells inside are such too. */
export interface LayerCase {
  make: string;
  config: Readonly<Record<string, unknown>>;
}

/** A layer over items of these shapes, one an input. */
export interface Case extends LayerCase {
  shapes: readonly (readonly number[])[];
  /** Inputs are whole numbers below this. */
  below?: number;
}

export const padding = fc.constantFrom("same", "valid");
export const size = fc.integer({ min: 1, max: 3 });
export const extent = fc.integer({ min: 3, max: 7 });
export const channels = fc.integer({ min: 1, max: 4 });
export const units = fc.integer({ min: 1, max: 5 });
export const useBias = fc.boolean();
export const activation = fc.constantFrom(
  ..."elu gelu hardSigmoid linear mish relu relu6 selu sigmoid softplus softsign swish tanh".split(
    " ",
  ),
);
export const gate = fc.constantFrom(
  ..."elu gelu hardSigmoid relu sigmoid softsign tanh".split(" "),
);

export const times = <T>(value: fc.Arbitrary<T>, count: number) =>
  fc.array(value, { minLength: count, maxLength: count });
