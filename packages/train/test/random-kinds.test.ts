/** Configurations drawn at random out of all that the schema allows, over data of many shapes, types and classes. */
import { join } from "node:path";
import {
  InterruptedError,
  parseConfig,
  resume,
  type TrainConfig,
  type TrainConfigInput,
  train,
} from "@vaeport/train";
import { expect, onTestFailed, test } from "vitest";
import { writeNpy } from "./data/support.js";
import { outcome } from "./outcome.js";
import { type Choices, choices } from "./random-choices.js";
import { expectSameNumbers } from "./same-numbers.js";
import { numbers, temporaryFolder } from "./support.js";

/** The first case, and how many from there: VAEPORT_RANDOM=25,1 runs one that failed again. */
const [FIRST, CASES] = (
  process.env.VAEPORT_RANDOM ?? (process.env.VAEPORT_NIGHTLY ? "1,60" : "1,3")
)
  .split(",")
  .map(Number) as [number, number];

const LIKELIHOODS: readonly NonNullable<TrainConfigInput["likelihood"]>[] = [
  { name: "bernoulli" },
  { name: "continuous-bernoulli" },
  { name: "gaussian", varianceValue: 0.3 },
  { name: "gaussian", variance: "learned" },
  { name: "gaussian", variance: "optimal" },
  { name: "discretised-logistic" },
];

const ACTIVATIONS = [
  ...(["relu", "relu6", "elu", "selu", "gelu", "swish", "mish"] as const),
  ...(["tanh", "sigmoid", "hardSigmoid", "softplus", "softsign", "softmax", "linear"] as const),
];

/** @param sides of an image, which each stride divides; of other items none */
function drawModel(
  { one, whole, draw }: Choices,
  sides: readonly number[],
): TrainConfigInput["model"] {
  const rest = {
    normalisation: one("none", "batch", "layer"),
    activation: one(...ACTIVATIONS),
    outputBias: one("zeros", "data-mean", "channel-mean"),
  } as const;
  const hidden = Array.from({ length: whole(0, 2) }, () => whole(1, 9));
  if (sides.length === 0 || draw() < 0.4) {
    return { type: "dense", hidden, residualBlocks: whole(0, 1), ...rest };
  }
  let left = sides;
  const layers = Array.from({ length: whole(1, 3) }, () => {
    const stride = one(...[1, 2, 3].filter((n) => left.every((side) => side % n === 0)));
    left = left.map((side) => side / stride);
    return { channels: whole(1, 5), kernel: whole(1, 4), stride, residualBlocks: whole(0, 1) };
  });
  return { type: "conv", layers, hidden, outputKernel: whole(1, 4), ...rest };
}

function drawObjective({ one, maybe, whole }: Choices): TrainConfigInput["objective"] {
  return {
    beta: one(0, 0.5, 1, 4),
    ...maybe({ warmUp: one({ type: "linear", epochs: 1.5 }, { type: "cyclical", cycles: 2 }) }),
    ...one({}, { freeBits: 0.2 }, { capacity: { to: 3, epochs: 1 } }, { samples: whole(2, 6) }),
  } as TrainConfigInput["objective"];
}

function drawTraining({ one, maybe, whole }: Choices): TrainConfigInput["training"] {
  return {
    epochs: 3,
    batchSize: whole(1, 13),
    engine: one("captured", "captured", "captured", "eager"),
    optimizer: { learningRate: one(1e-4, 3e-3) },
    learningRateSchedule: one(
      { type: "constant" },
      { type: "step", epochs: 1 },
      { type: "cosine" },
      { type: "plateau", patience: 0 },
    ),
    residentMegabytes: one(0, 1000),
    ...maybe({ gradientClip: 1 }),
    ...maybe({ weightAverage: { decay: 0.9 } }),
    ...maybe({ earlyStop: { patience: 1 } }),
    ...maybe({ tensorBoard: true }),
  } as TrainConfigInput["training"];
}

/** Items of whatever shape, of a few of seven classes. */
async function drawData(
  { one, whole, draw }: Choices,
  folder: string,
): Promise<{ data: TrainConfigInput["data"]; sides: number[]; bytes: boolean }> {
  const [train, trainLabels] = [join(folder, "x.npy"), join(folder, "y.npy")];
  const item = one(
    [whole(1, 12)],
    [whole(1, 12), whole(1, 12)],
    [whole(1, 9), whole(1, 9), 3],
    [1, 1, 1],
    [28, 28],
  );
  const shape = [whole(15, 40), ...item];
  const length = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length }, valuesOf(whole(1, 1000)));
  const bytes = draw() < 0.5;
  await writeNpy(
    train,
    shape,
    bytes ? Uint8Array.from(values, (value) => 256 * value) : Float32Array.from(values),
  );
  const labels = Uint8Array.from({ length: shape[0]! }, () => one(0, 2, 6));
  await writeNpy(trainLabels, [shape[0]!], labels);
  return {
    data: { name: "npy", train, trainLabels, heldOut: 0.2 },
    bytes,
    sides: item.length > 1 ? item.slice(0, 2) : [],
  };
}

function valuesOf(seed: number): () => number {
  const values = numbers(4096, 0, 1, seed);
  let at = 0;
  return () => values[at++ % values.length]!;
}

async function drawConfig(seed: number, folder: string): Promise<TrainConfig> {
  const drawn = choices(seed);
  const { one, whole } = drawn;
  const { data, sides, bytes } = await drawData(drawn, folder);
  const likelihood = one(...LIKELIHOODS.slice(0, bytes ? undefined : -1)); // the last one is of levels
  const binarisation = likelihood.name === "bernoulli" ? one("none", "dynamic") : "none";
  return parseConfig({
    name: `case-${seed}`,
    seed,
    data: { ...data, binarisation },
    model: drawModel(drawn, sides),
    latent: { size: one(1, 2, whole(3, 12)), posterior: one("diagonal", "full") },
    likelihood,
    condition: one("none", "label"),
    objective: drawObjective(drawn),
    training: drawTraining(drawn),
  });
}

test.each(Array.from({ length: CASES }, (_, i) => FIRST + i))(
  "case %i trains, resumes to the same end, evaluates, and is exported with its own numbers",
  async (seed) => {
    const folder = await temporaryFolder();
    const config = await drawConfig(seed, folder);
    onTestFailed(() => console.log(JSON.stringify(config)));
    await expectSameNumbers(folder, config, choices(seed).one(1, 7, 130));
    const stopped = join(folder, "stopped");
    const interrupt = new AbortController();
    const training = train(config, {
      out: stopped,
      signal: interrupt.signal,
      onEvent: ({ type }) => void (type === "epoch" && interrupt.abort()),
    });
    await expect(training).rejects.toThrow(InterruptedError);
    await resume(stopped);
    expect(await outcome(stopped)).toEqual(await outcome(join(folder, "run")));
  },
  300_000, // a case compiles a dozen graphs: a minute on a busy machine
);
