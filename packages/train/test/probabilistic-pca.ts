/**
 * Probabilistic PCA in float64: the linear VAE whose log p(x) is known exactly.
 * Tipping and Bishop, "Probabilistic principal component analysis" (1999), section 3.
 */

/** p(z) = N(0, I), p(x | z) = N(W z + centre, noise I), W = U (Λ - noise I)^(1/2). */
export interface ProbabilisticPca {
  /** Mean of the data, [D]. */
  centre: Float64Array;
  /** Orthonormal principal directions, k of [D]. */
  directions: Float64Array[];
  /** Variances along them, largest first. */
  variances: Float64Array;
  /** Mean of the variances that are left out. */
  noise: number;
}

/** Mean and population covariance [D, D] of rows of bytes, divided by 255: the sums are of integers, and exact. */
export function byteMoments(bytes: Uint8Array, dimensions: number) {
  const count = bytes.length / dimensions;
  const sums = new Float64Array(dimensions);
  const products = new Float64Array(dimensions * dimensions);
  const lit = new Int32Array(dimensions);
  for (let start = 0; start < bytes.length; start += dimensions) {
    let used = 0;
    for (let i = 0; i < dimensions; i++) {
      const value = bytes[start + i]!;
      if (value === 0) continue;
      sums[i]! += value;
      lit[used++] = i;
      for (let n = 0; n < used; n++)
        products[i * dimensions + lit[n]!]! += value * bytes[start + lit[n]!]!;
    }
  }
  const covariance = new Float64Array(dimensions * dimensions);
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j <= i; j++) {
      const value = products[i * dimensions + j]! / count - (sums[i]! / count) * (sums[j]! / count);
      covariance[i * dimensions + j] = covariance[j * dimensions + i] = value / 255 ** 2;
    }
  }
  return { centre: sums.map((sum) => sum / count / 255), covariance };
}

/** Moments with the leading principal directions of the data. */
export interface Principal extends ReturnType<typeof byteMoments> {
  values: Float64Array;
  vectors: Float64Array[];
}

/** The maximum-likelihood model with k latent dimensions. */
export function fitPca(
  { centre, covariance, values, vectors }: Principal,
  k: number,
): ProbabilisticPca {
  const size = centre.length;
  const variances = values.slice(0, k);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += covariance[i * size + i]!;
  const noise = (trace - variances.reduce((sum, value) => sum + value)) / (size - k);
  return { centre, directions: vectors.slice(0, k), variances, noise };
}

/** Coordinates of x - centre along the directions, and its squared length. */
function project({ centre, directions }: ProbabilisticPca, x: ArrayLike<number>) {
  const coordinates = new Float64Array(directions.length);
  let squares = 0;
  for (let i = 0; i < centre.length; i++) {
    const deviation = x[i]! - centre[i]!;
    squares += deviation * deviation;
    for (let j = 0; j < coordinates.length; j++) coordinates[j]! += directions[j]![i]! * deviation;
  }
  return { coordinates, squares };
}

/** log N(x; centre, W Wᵀ + noise I) in nats, by the eigenvalues: k variances, and the noise D - k times. */
export function exactLogDensity(model: ProbabilisticPca, x: ArrayLike<number>): number {
  const { centre, variances, noise } = model;
  const { coordinates, squares } = project(model, x);
  const rest = centre.length - variances.length;
  let sum = centre.length * Math.log(2 * Math.PI) + rest * Math.log(noise) + squares / noise;
  variances.forEach((variance, j) => {
    sum += Math.log(variance) + coordinates[j]! ** 2 * (1 / variance - 1 / noise);
  });
  return -sum / 2;
}

/** W as rows of [D], one for each latent dimension. */
export function loadings({ directions, variances, noise }: ProbabilisticPca): Float64Array[] {
  return directions.map((u, j) => u.map((value) => value * Math.sqrt(variances[j]! - noise)));
}

/** The exact posterior: M = WᵀW + noise I is diagonal, so q(z | x) = N(M⁻¹ Wᵀ (x - centre), noise M⁻¹) is too. */
export function posterior(model: ProbabilisticPca, x: ArrayLike<number>) {
  const { variances, noise } = model;
  const { coordinates } = project(model, x);
  return {
    mean: coordinates.map((value, j) => (Math.sqrt(variances[j]! - noise) * value) / variances[j]!),
    logVariance: variances.map((variance) => Math.log(noise / variance)),
  };
}

/** The largest eigenvalues of a symmetric matrix and their vectors, by subspace iteration with Rayleigh-Ritz. */
export function leadingEigenpairs(
  matrix: Float64Array,
  size: number,
  block: number,
): { values: Float64Array; vectors: Float64Array[] } {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  let basis: Float64Array[] = Array.from({ length: block }, () =>
    Float64Array.from({ length: size }, random),
  );
  for (let iteration = 0; iteration < 30; iteration++) {
    basis = orthonormal(basis.map((vector) => multiply(matrix, vector)));
  }
  const images = basis.map((vector) => multiply(matrix, vector));
  const small = basis.map((u) => images.map((v) => dot(u, v)));
  const { values, vectors } = jacobi(small);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  return {
    values: Float64Array.from(order, (index) => values[index]!),
    vectors: order.map((index) => {
      const vector = new Float64Array(size);
      basis.forEach((u, row) => {
        const weight = vectors[row]![index]!;
        for (let i = 0; i < size; i++) vector[i]! += weight * u[i]!;
      });
      return vector;
    }),
  };
}

export function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Modified Gram-Schmidt, twice over, which is enough. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    for (const other of [...done, ...done]) {
      const along = dot(vector, other);
      for (let i = 0; i < vector.length; i++) vector[i]! -= along * other[i]!;
    }
    const length = Math.sqrt(dot(vector, vector));
    done.push(vector.map((value) => value / length));
  }
  return done;
}

/** Cyclic Jacobi for a small symmetric matrix. Golub and Van Loan, "Matrix computations", section 8.5. */
function jacobi(matrix: number[][]): { values: number[]; vectors: number[][] } {
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, i) => a.map((_, j) => +(i === j)));
  for (let sweep = 0; sweep < 15; sweep++) {
    for (let p = 0; p < a.length; p++) {
      for (let q = p + 1; q < a.length; q++) rotate(a, vectors, p, q);
    }
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}

/** The rotation in the plane (p, q) that makes a[p][q] zero. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  if (a[p]![q] === 0) return;
  const tau = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const tangent = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  const turn = (rows: number[][]) => {
    for (const row of rows) {
      const [first, second] = [row[p]!, row[q]!];
      row[p] = cosine * first - sine * second;
      row[q] = sine * first + cosine * second;
    }
  };
  turn(a);
  const [first, second] = [[...a[p]!], [...a[q]!]];
  a[p] = first.map((value, i) => cosine * value - sine * second[i]!);
  a[q] = second.map((value, i) => sine * first[i]! + cosine * value);
  turn(vectors);
}
