/** Operators that are sums of products x[i] w[j], as convolutions and products of matrices are, in float64. */

/** Calls `visit` for each product: the places of both factors, and of the value that it is a summand of. */
export type Products = (visit: (x: number, w: number, y: number) => void) => void;

/** Where a kernel goes, in [height, width]. */
export interface Window {
  size: readonly [number, number];
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: "same" | "valid";
}

/** Of images of `size`, from so many channels to so many. */
export interface Convolution extends Window {
  batch: number;
  from: number;
  to: number;
}

/** Height and width of the output: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2 */
export function outputSize({ size, kernel, stride, padding }: Window): [number, number] {
  const along = (axis: 0 | 1) =>
    padding === "same"
      ? Math.ceil(size[axis] / stride[axis])
      : Math.floor((size[axis] - kernel[axis]) / stride[axis]) + 1;
  return [along(0), along(1)];
}

/** y[n, p, q, o] = sum of x[n, s p + a - above, t q + b - left, i] w[a, b, i, o], x being 0 outside of the image. */
export function convolution(of: Convolution): Products {
  const { batch, size, kernel, stride, padding, from, to } = of;
  const output = outputSize(of);
  const before = (axis: 0 | 1) => {
    const covered = (output[axis] - 1) * stride[axis] + kernel[axis];
    return padding === "same" ? Math.floor(Math.max(covered - size[axis], 0) / 2) : 0;
  };
  const [above, left] = [before(0), before(1)];
  return (visit) => {
    for (let place = 0; place < batch * output[0] * output[1]; place++) {
      const [n, p, q] = unravel(place, output);
      for (let weight = 0; weight < kernel[0] * kernel[1]; weight++) {
        const [, a, b] = unravel(weight, kernel);
        const [row, column] = [stride[0] * p + a - above, stride[1] * q + b - left];
        if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) continue;
        const pixel = (n * size[0] + row) * size[1] + column;
        for (let i = 0; i < from; i++) {
          for (let o = 0; o < to; o++) {
            visit(pixel * from + i, (weight * from + i) * to + o, place * to + o);
          }
        }
      }
    }
  };
}

/** The place in a list of planes [height, width]: plane, row and column. */
function unravel(place: number, [height, width]: readonly [number, number]) {
  const row = Math.floor(place / width);
  return [Math.floor(row / height), row % height, place % width] as const;
}

/** The operator that leads back: a convolution's is the transposed one, which takes y and gives x. */
export function transposed(products: Products): Products {
  return (visit) => products((x, w, y) => visit(y, w, x));
}

/** y [m, n] of x [m, k] and w [k, n], each stored transposed or not. */
export function matrixProduct(
  [m, k, n]: readonly [number, number, number],
  [transposeX, transposeW]: readonly [boolean, boolean],
): Products {
  return (visit) => {
    for (let i = 0; i < m; i++) {
      for (let l = 0; l < k; l++) {
        for (let j = 0; j < n; j++) {
          visit(transposeX ? l * m + i : i * k + l, transposeW ? j * k + l : l * n + j, i * n + j);
        }
      }
    }
  };
}

/** What goes into y = elu(products of x and w, plus a bias for each place of the last axis), or without the elu. */
export interface Values {
  x: ArrayLike<number>;
  w: ArrayLike<number>;
  bias: ArrayLike<number>;
  /** Of the loss, the sum of weights times y. */
  weights: ArrayLike<number>;
  activation: "elu" | "linear";
}

/** y, and the gradients of the loss by x, w and bias. */
export function valueAndGradients(products: Products, values: Values): Float64Array[] {
  const { x, w, bias, weights, activation } = values;
  const y = new Float64Array(weights.length);
  products((i, j, o) => {
    y[o]! += x[i]! * w[j]!;
  });
  const [dx, dw, dbias] = [x, w, bias].map(({ length }) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const dy = y.map((sum, o) => {
    const before = sum + bias[o % bias.length]!;
    const bent = activation === "elu" && before < 0;
    y[o] = bent ? Math.expm1(before) : before;
    const slope = bent ? Math.exp(before) : 1;
    dbias[o % bias.length]! += slope * weights[o]!;
    return slope * weights[o]!;
  });
  products((i, j, o) => {
    dx[i]! += w[j]! * dy[o]!;
    dw[j]! += x[i]! * dy[o]!;
  });
  return [y, dx, dw, dbias];
}
