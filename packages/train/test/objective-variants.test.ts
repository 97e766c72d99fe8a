/** Schedules, free bits, capacity and the importance-weighted bound, against their formulas in float64. */
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-node";
import {
  buildVae,
  ConfigError,
  type ElboTerms,
  elboTerms,
  objective,
  objectiveWeights,
  parseConfig,
  type TrainConfigInput,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { numbers, smallConfig, tf } from "./support.js";

type Objective = NonNullable<TrainConfigInput["objective"]>;

const configOf = (settings: Objective) => smallConfig({ objective: settings }).objective;

describe("objectiveWeights", () => {
  const at = (settings: Objective, step: number) => {
    const weights = objectiveWeights(configOf(settings), { step, perEpoch: 10, steps: 80 });
    return [weights.beta, weights.capacity].map(Math.fround);
  };
  const betas = (settings: Objective, steps: number[]) =>
    steps.map((step) => at(settings, step)[0]);

  test("without a schedule, beta from the first step", () => {
    expect(betas({ beta: 4 }, [0, 79])).toEqual([4, 4]);
  });

  test("linear warm-up reaches beta after its epochs", () => {
    const warmUp = { type: "linear", epochs: 2 } as const;
    expect(betas({ beta: 4, warmUp }, [0, 5, 10, 20, 79])).toEqual([0, 1, 2, 4, 4]);
  });

  test("cyclical warm-up: M cycles, rising in the part R of each", () => {
    const warmUp = { type: "cyclical", cycles: 4, ramp: 0.5 } as const;
    // Cycles of 20 steps, 10 of them rising.
    expect(betas({ beta: 2, warmUp }, [0, 5, 10, 19, 20, 25, 60, 79])).toEqual([
      ...[0, 1, 2, 2],
      ...[0, 1, 0, 2],
    ]);
    expect(betas({ warmUp: { type: "cyclical" } }, [5])).toEqual([0.5]);
  });

  test("capacity grows from one number of nats to another", () => {
    const capacity = { from: 5, to: 25, epochs: 4 };
    const grown = [0, 20, 40, 79].map((step) => at({ beta: 3, capacity }, step));
    expect(grown).toEqual([
      [3, 5],
      [3, 15],
      [3, 25],
      [3, 25],
    ]);
  });
});

describe("objective", () => {
  const [samples, count, k] = [3, 4, 2];
  const distortions = numbers(samples * count, 50, 60, 1);
  const ratios = numbers(samples * count, -4, 1, 2);
  const rates = numbers(count * k, 0, 1.5, 3);
  const terms: ElboTerms = {
    distortions: tf.tensor2d(distortions, [samples, count]),
    rates: tf.tensor2d(rates, [count, k]),
    logPriorRatios: () => tf.tensor2d(ratios, [samples, count]),
    posterior: { mean: tf.zeros([1, 1]) as Tensor2D, logVariance: tf.zeros([1, 1]) as Tensor2D },
  };
  const loss = (settings: Objective, beta: number, capacity = 0) => {
    const weights = { beta: tf.scalar(beta), capacity: tf.scalar(capacity) };
    return objective(tf, configOf(settings), terms, weights).dataSync()[0]!;
  };
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const distortion = mean(distortions);
  const perDimension = [0, 1].map((j) => mean([0, 1, 2, 3].map((i) => rates[i * k + j]!)));
  const rate = perDimension[0]! + perDimension[1]!;
  const close = (found: number, exact: number) =>
    expect(Math.abs(found - exact)).toBeLessThan(1e-5);

  test("free bits: sum over dimensions of max(free bits, rate), means over the batch first", () => {
    const [a, b] = perDimension as [number, number];
    const between = (a + b) / 2; // one dimension is below it, one above
    close(loss({ freeBits: between }, 2), distortion + 2 * (between + Math.max(a, b)));
    close(loss({ freeBits: 3 }, 2), distortion + 2 * 6);
  });

  test("capacity: the distance of the rate from it, on either side", () => {
    const settings = { capacity: { to: 25, epochs: 1 } };
    close(loss(settings, 10, rate + 0.5), distortion + 5);
    close(loss(settings, 10, rate - 0.5), distortion + 5);
  });

  test.each([1, 0.3])("importance-weighted with beta %d: -log of the mean weight", (beta) => {
    const bounds = Array.from({ length: count }, (_, i) => {
      const weights = [0, 1, 2].map((s) => {
        const at = s * count + i;
        return Math.exp(beta * ratios[at]! - distortions[at]!);
      });
      return -Math.log(mean(weights));
    });
    close(loss({ samples }, beta), mean(bounds));
  });
});

describe("the importance-weighted gradient", () => {
  test("is that of each weight, weighted by the normalised weights", () => {
    const config = smallConfig({
      model: { type: "dense", hidden: [4], activation: "tanh" },
      latent: { size: 2, posterior: "full" },
      objective: { samples: 3 },
    });
    const vae = buildVae(tf, config, { itemShape: [2, 3, 1] });
    const x = tf.tensor4d(numbers(6, 0, 1, 4), [1, 2, 3, 1]); // one item
    const noise = tf.tensor3d(numbers(6, -2, 2, 5), [3, 1, 2]);
    const weights = { beta: tf.scalar(1), capacity: tf.scalar(0) };
    const logWeight = (s: number) => {
      const draw = tf.slice(noise, [s, 0, 0], [1, 1, 2]) as Tensor3D;
      const terms = elboTerms(tf, vae, { x }, draw, true);
      return tf.sum(tf.sub(terms.logPriorRatios(), terms.distortions)).asScalar();
    };
    const gradients = (f: () => ReturnType<typeof logWeight>) => {
      const { value, grads } = tf.variableGrads(f, vae.variables);
      const all = vae.variables.flatMap(({ name }) => [...grads[name]!.dataSync()]);
      return { value: value.dataSync()[0]!, all };
    };
    const single = [0, 1, 2].map((s) => gradients(() => logWeight(s)));
    const largest = Math.max(...single.map(({ value }) => value));
    const shares = single.map(({ value }) => Math.exp(value - largest));
    const total = shares.reduce((a, b) => a + b);
    const found = gradients(() =>
      objective(tf, config.objective, elboTerms(tf, vae, { x }, noise, true), weights),
    );
    found.all.forEach((value, i) => {
      const exact = -single.reduce((sum, { all }, s) => sum + (shares[s]! / total) * all[i]!, 0);
      expect(Math.abs(value - exact)).toBeLessThan(1e-5);
    });
    expect(Math.max(...found.all.map(Math.abs))).toBeGreaterThan(0.1);
    vae.dispose();
  });
});

describe("configurations that contradict themselves are refused", () => {
  const capacity = { to: 5, epochs: 1 };
  const data = { name: "mnist", binarisation: "dynamic" } as const;
  test.each<[Partial<TrainConfigInput>, RegExp]>([
    [{ objective: { capacity, freeBits: 1 } }, /objective\.freeBits: leave it out with capacity/],
    [{ objective: { capacity, samples: 2 } }, /objective\.capacity: leave it out with samples > 1/],
    [{ objective: { freeBits: 1, samples: 2 } }, /objective\.freeBits: leave it out with samples/],
    [{ objective: { samples: 0 } }, /objective\.samples: expected at least 1, got 0/],
    [
      { objective: { warmUp: { type: "cosine" as "linear", epochs: 1 } } },
      /warmUp\.type: .*"linear"/,
    ],
    [
      { objective: { warmUp: { type: "cyclical", ramp: 2 } } },
      /warmUp\.ramp: expected at most 1, got 2/,
    ],
    [
      { data, likelihood: { name: "gaussian" } },
      /data\.binarisation: draws binary pixels, which a gaussian likelihood does not model/,
    ],
    [{ likelihood: { name: "poisson" as "gaussian" } }, /likelihood\.name: .*"poisson"/],
    [{ condition: "text" as "label" }, /condition: .*"label".*got "text"/],
  ])("%j", (changes, message) => {
    const parse = () =>
      parseConfig({ ...smallConfig(), ...changes } as Partial<TrainConfigInput>, "f");
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(message);
  });

  test("a condition without classes in the data, or with one", () => {
    const build = (names?: string[]) => {
      const labels = names && { names };
      const data = { itemShape: [2, 2, 1] as const, ...(labels && { labels }) };
      return () => buildVae(tf, smallConfig({ condition: "label" }), data);
    };
    expect(build()).toThrow(ConfigError);
    expect(build()).toThrow(/condition: the items have no classes/);
    expect(build(["cat"])).toThrow(/condition: the items have one class alone, cat, got "label"/);
    build(["cat", "dog"])().dispose();
  });
});
