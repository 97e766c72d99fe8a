/** log 2π, the constant of every normal density. */
export const LOG_TWO_PI = Math.log(2 * Math.PI);
