/** The standard normal distribution's quantile function, for the axes of pictures. */

/**
 * x with P(X <= x) = p for standard normal X, 0 < p < 1; by bisection of the distribution function to 1e-6.
 * The function's own error is below 7.5e-8: Abramowitz and Stegun, Handbook of mathematical functions, 26.2.17.
 */
export function normalQuantile(p: number): number {
  let [low, high] = [-9, 9];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (distribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const COEFFICIENTS = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];

function distribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const tail = density * COEFFICIENTS.reduce((sum, c) => (sum + c) * t, 0);
  return x > 0 ? 1 - tail : tail;
}
