/** Comparison of a model's sessions with the check vector of its manifest. */
import { InferError } from "./errors.js";
import { decoderOutputs } from "./graph-names.js";
import { type Graphs, posteriorOf } from "./graphs.js";
import { oneHot } from "./input.js";
import { reparameterise } from "./latent.js";
import { decodeTensor } from "./manifest/tensor.js";
import type { Tensor } from "./runtime/types.js";
import type { Model } from "./source.js";

const ABSOLUTE = 1e-5;
const SCALED = 1e-4;
/** Two providers may each round a variant's numbers by as much as the exporter saw, one up and one down. */
const VARIANT = 2;
/** GPUs compute float16 graphs in float16, each result rounded to 11 bits; the CPU, which states errors, does not. */
const HALF = 2 ** -9;

/**
 * Runs every graph on its stored inputs. Each output must lie within 1e-5 + 1e-4 * (largest stored magnitude) of
 * the stored one, probabilities within 1e-5, sums over an item within 1e-5 for each of its values besides, since large
 * terms of both signs may leave little; a variant of lower precision within twice its own error more, float16 and
 * another 2^-9 of the largest magnitude. Throws where one does not: the provider computes wrong numbers.
 */
export async function verify(graphs: Graphs, { manifest, variant }: Model): Promise<void> {
  const { check, likelihood } = manifest;
  const stored = Object.fromEntries(
    Object.entries(check.outputs).map(([name, record]) => [name, decodeTensor(record)]),
  );
  const x = decodeTensor(check.input);
  const options = { label: oneHot("check", check.label, 1, manifest.condition) };
  const posterior = posteriorOf(stored);
  const rounding = variant === manifest.variants.float16 ? HALF : 0;
  const z = reparameterise(posterior, decodeTensor(check.noise).data);
  const compareAll = (outputs: Record<string, Tensor>, summed = 1) => {
    for (const [name, output] of Object.entries(outputs)) {
      const reference = stored[name]!;
      const probability = name === "reconstruction" && likelihood.name === "bernoulli";
      const largest = reference.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const own = VARIANT * (variant.errorAgainstFloat32?.[name] ?? 0) + rounding * largest;
      compare(
        name,
        output,
        reference,
        ABSOLUTE * summed + (probability ? 0 : SCALED * largest) + own,
      );
    }
  };

  const { mean, logVariance, scaleTril } = await graphs.encode(x, options);
  compareAll({ mean, ...(scaleTril ? { scale_tril: scaleTril } : { log_variance: logVariance }) });
  compareAll(await graphs.decode(z, decoderOutputs(manifest), options));
  compareAll(await graphs.score(x, posterior, stored), x.data.length);
}

function compare(name: string, output: Tensor, stored: Tensor, allowed: number): void {
  if (output.shape.join() !== stored.shape.join()) {
    throw new InferError(
      `wrong shape of ${name}: expected [${stored.shape.join(", ")}], got [${output.shape.join(", ")}].`,
    );
  }
  const wrong = stored.data.findIndex(
    (value, index) => !(Math.abs(output.data[index]! - value) <= allowed),
  );
  if (wrong >= 0) {
    throw new InferError(
      `wrong numbers: ${name}[${wrong}] is ${output.data[wrong]}, the model's stored check has ${stored.data[wrong]} (allowed error ${allowed}).`,
    );
  }
}
