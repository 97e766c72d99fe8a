/** Every likelihood against closed forms in float64, sums and quadrature; and the data that it refuses. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-node";
import {
  checkData,
  createLikelihood,
  DataError,
  type DataParameters,
  type Likelihood,
} from "@vaeport/train";
import { diagonalGaussian, diagonalLogDensity } from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import { LOGIT_LIMIT } from "../src/vae/likelihood/continuous-bernoulli.js";
import { numbers, tf } from "./support.js";

const column = (values: readonly number[]) => tf.tensor2d([...values], [values.length, 1]);

/** -log p(x) of single values, each with parameters of its own. */
function distortions(
  likelihood: Likelihood,
  x: readonly number[],
  parameters: { [K in keyof DataParameters]: readonly number[] },
): number[] {
  return tf.tidy(() => {
    const tensors = Object.entries(parameters).map(([name, values]) => [name, column(values)]);
    return [...likelihood.distortion(column(x), Object.fromEntries(tensors)).dataSync()];
  });
}

const repeat = (value: number, count: number) => Array<number>(count).fill(value);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Simpson's rule over `intervals` (even) intervals. */
function simpson(values: readonly number[], step: number): number {
  const last = values.length - 1;
  return (step / 3) * sum(values.map((v, i) => v * (i === 0 || i === last ? 1 : i % 2 ? 4 : 2)));
}

describe("continuous Bernoulli", () => {
  const likelihood = createLikelihood(tf, { name: "continuous-bernoulli" });
  const grid = Array.from({ length: 2001 }, (_, i) => i / 2000);
  const logits = [-12, -3, -0.31, -0.29, -1e-3, 0, 1e-6, 0.05, 0.299, 0.301, 1, 8];

  test.each(logits)(
    "with logit %d, the density integrates to 1, and x against it to the mean",
    (a) => {
      const density = distortions(likelihood, grid, { logits: repeat(a, grid.length) }).map((d) =>
        Math.exp(-d),
      );
      expect(Math.abs(simpson(density, 1 / 2000) - 1)).toBeLessThan(3e-6);
      const mean = simpson(
        density.map((p, i) => p * grid[i]!),
        1 / 2000,
      );
      const found = tf.tidy(() => likelihood.mean({ logits: column([a]) }).dataSync()[0]!);
      expect(Math.abs(found - mean)).toBeLessThan(3e-6);
    },
  );

  test.each([
    [0.1, 1.01033855949],
    [0.25, 0.787195008177],
    [0.5, Math.LN2],
  ])("log C(%d) = %d", (lambda, logC) => {
    const a = Math.log(lambda / (1 - lambda));
    const [atZero] = distortions(likelihood, [0], { logits: [a] });
    expect(-Math.log1p(-lambda) - atZero!).toBeCloseTo(logC, 6);
  });

  test("the gradient keeps float32's digits through logit 0, where the closed form loses them", () => {
    const gradient = tf.grad((a: Tensor) =>
      likelihood.distortion(tf.fill(a.shape, 0.5), { logits: a }),
    );
    const found = tf.tidy(() => gradient(column(logits)).dataSync<"float32">());
    logits.forEach((a, i) => {
      // sigmoid(a) - 1/2 - (1/a - 1/sinh(a)), the difference by its series where it cancels in float64
      const normaliser = Math.abs(a) < 0.01 ? a / 6 - (7 * a ** 3) / 360 : 1 / a - 1 / Math.sinh(a);
      const exact = Math.tanh(a / 2) / 2 - normaliser;
      expect(Math.abs(found[i]! - exact)).toBeLessThan(1e-6 * Math.max(0.3, Math.abs(exact)));
    });
  });

  test("logits are held within the documented limit", () => {
    const { logits: held } = likelihood.parameters([column([-100, 3, 100])]);
    expect([...held!.dataSync()]).toEqual([-LOGIT_LIMIT, 3, LOGIT_LIMIT].map(Math.fround));
    expect(LOGIT_LIMIT).toBeCloseTo(15.942385, 6);
    expect(likelihood.constants()).toEqual({ logitLimit: LOGIT_LIMIT });
  });
});

describe("Gaussian", () => {
  const [n, d] = [3, 6];
  const x = numbers(n * d, 0, 1, 1);
  const mean = numbers(n * d, 0, 1, 2);
  const items = (values: readonly number[]) => tf.tensor2d([...values], [n, d]);
  const exact = (logVariance: readonly number[]) =>
    Array.from({ length: n }, (_, i) => {
      const part = (values: readonly number[]) => values.slice(i * d, (i + 1) * d);
      return -diagonalLogDensity(diagonalGaussian(part(mean), repeat(logVariance[i]!, d)), part(x));
    });
  function expectDistortions(likelihood: Likelihood, raw: Tensor | undefined, s: number[]) {
    const parameters = likelihood.parameters(raw ? [items(mean), raw] : [items(mean)]);
    const found = likelihood.distortion(items(x), parameters).dataSync();
    exact(s).forEach((value, i) => {
      expect(Math.abs(found[i]! / value - 1)).toBeLessThan(2e-6);
    });
  }

  test.each([1, 0.5, 1e-3])("with the fixed variance %d is the reference's density", (variance) => {
    const likelihood = createLikelihood(tf, {
      name: "gaussian",
      variance: "fixed",
      varianceValue: variance,
    });
    expectDistortions(likelihood, undefined, repeat(Math.log(variance), n));
    expect(likelihood.constants()).toEqual({ variance });
  });

  test("with learned variances takes each item's own, above the floor", () => {
    const config = { name: "gaussian", variance: "learned", varianceValue: 1 } as const;
    const raw = [0.3, -2, -40];
    const floored = raw.map((s) => -12 + Math.log1p(Math.exp(s + 12)));
    const likelihood = createLikelihood(tf, config);
    expectDistortions(likelihood, tf.tensor2d(raw, [n, 1]), floored);
    // In units of a range of width 255, the same floor.
    const bytes = createLikelihood(tf, config, [0, 255]);
    expect(bytes.constants().logVarianceFloor).toBeCloseTo(-12 + 2 * Math.log(255), 12);
  });

  test("with the optimal variance is least of all variances, and then follows the training", () => {
    const likelihood = createLikelihood(tf, {
      name: "gaussian",
      variance: "optimal",
      varianceValue: 1,
    });
    const squares = x.map((value, i) => (value - mean[i]!) ** 2);
    const variance = sum(squares) / squares.length;
    const parameters = { reconstruction: items(mean) };
    const measure = (training: boolean) =>
      sum([...likelihood.distortion(items(x), parameters, training).dataSync()]);

    expectDistortions(likelihood, undefined, repeat(0, n)); // 1 before the first step
    const best = measure(true);
    expect(best).toBeCloseTo((n * d * (Math.log(2 * Math.PI * variance) + 1)) / 2, 4);
    for (const factor of [0.8, 1.25]) {
      expect(best).toBeLessThan(sum(exact(repeat(Math.log(factor * variance), n))));
    }
    expect(likelihood.constants().variance! / variance).toBeCloseTo(1, 3);
    expect(measure(false)).toBeCloseTo(best, 2);
    likelihood.state!.dispose();
  });
});

describe("discretised logistic", () => {
  const levels = 256;
  const likelihood = createLikelihood(tf, { name: "discretised-logistic", levels });
  const grid = Array.from({ length: levels }, (_, i) => i / (levels - 1));
  const half = 1 / 510;
  const logistic = (t: number) => 1 / (1 + Math.exp(-t));

  test.each([
    [0.4, -3],
    [0, -6],
    [1.3, 0],
    [-5, -2],
    [0.5, 4],
  ])(
    "around %d with log-scale %d, the masses of all levels sum to 1 and are differences of the logistic function",
    (location, logScale) => {
      const found = distortions(likelihood, grid, {
        reconstruction: repeat(location, levels),
        data_log_scale: repeat(logScale, levels),
      });
      expect(sum(found.map((value) => Math.exp(-value)))).toBeCloseTo(1, 4);
      const scale = Math.exp(logScale);
      grid.forEach((x, i) => {
        const below = i === 0 ? 0 : logistic((x - half - location) / scale);
        const above = i === levels - 1 ? 1 : logistic((x + half - location) / scale);
        if (above - below < 1e-6) return; // where float64's own difference has lost its digits
        expect(Math.abs(found[i]! + Math.log(above - below))).toBeLessThan(3e-4);
      });
    },
  );

  test("far from the location it stays finite, with a gradient", () => {
    const gradient = tf.grad((location: Tensor) =>
      likelihood.distortion(column([0, 0.5, 1]), {
        reconstruction: location,
        data_log_scale: tf.fill([3, 1], -7),
      }),
    );
    const found = gradient(column([900, -900, -900])).dataSync();
    const slope = Math.exp(7);
    expect([...found].map((value) => value / slope)).toEqual([
      expect.closeTo(1, 4),
      expect.closeTo(-1, 4),
      expect.closeTo(-1, 4),
    ]);
  });

  test("log-scales stay above the floor", () => {
    const { data_log_scale } = likelihood.parameters([column([0]), column([-50])]);
    expect(data_log_scale!.dataSync()[0]).toBeCloseTo(-7, 5);
  });
});

describe("biasFor", () => {
  test.each([
    [{ name: "bernoulli" }, [0.01, 0.3, 0.5, 0.9]],
    [{ name: "continuous-bernoulli" }, [0.08, 0.3, 0.5, 0.9]],
    [{ name: "gaussian", variance: "fixed", varianceValue: 1 }, [0.01, 0.9]],
    [{ name: "discretised-logistic", levels: 256 }, [0.01, 0.9]],
  ] as const)("%o: the mean at the bias for a mean is that mean", (config, means) => {
    const likelihood = createLikelihood(tf, config);
    const start = column(means.map((mean) => likelihood.biasFor(mean)));
    const found = likelihood.mean(likelihood.parameters([start, start])).dataSync();
    means.forEach((mean, i) => {
      expect(found[i]).toBeCloseTo(mean, 5);
    });
  });
});

describe("checkData", () => {
  const bernoulli = { name: "bernoulli" } as const;
  const logistic = { name: "discretised-logistic", levels: 256 } as const;
  const check = (
    config: Parameters<typeof checkData>[1],
    values: number[],
    range: [number, number] = [0, 1],
  ) => {
    const items = tf.tensor4d(values, [values.length, 1, 1, 1]) as Tensor4D;
    checkData(tf, config, { name: "set", items, range });
  };

  test.each<[string, Parameters<typeof check>, RegExp]>([
    ["NaN", [bernoulli, [0, Number.NaN]], /^set: holds values that are not finite/],
    ["values out of the range", [bernoulli, [0, 2]], /^set: values from 0 to 2 leave .*\[0, 1\]/],
    [
      "negative values under Bernoulli",
      [bernoulli, [-1, 1], [-1, 1]],
      /^set: values from -1 to 1, and likelihood\.name "bernoulli" takes 0 to 1.*"gaussian"/,
    ],
    [
      "values between levels",
      [logistic, [0, 0.5 / 255]],
      /^set: values lie up to 0\.50 of a step beside the 256 levels of \[0, 1\]/,
    ],
  ])("refuses %s", (_, input, message) => {
    expect(() => check(...input)).toThrow(DataError);
    expect(() => check(...input)).toThrow(message);
  });

  test("takes what fits", () => {
    check(bernoulli, [0, 0.3, 1]);
    check({ name: "gaussian", variance: "fixed", varianceValue: 1 }, [-3, 3], [-3, 3]);
    check(
      logistic,
      Array.from({ length: 256 }, (_, i) => Math.fround(i / 255)),
    );
    check({ name: "discretised-logistic", levels: 3 }, [-1, 0, 1], [-1, 1]);
  });
});
