/** Comparison of a model's sessions with the check vector of its manifest. */
import { InferError } from "./errors.js";
import { decoderOutputs, type Graphs } from "./graphs.js";
import { reparameterise } from "./latent.js";
import { decodeTensor } from "./manifest/tensor.js";
import type { VaeManifest } from "./manifest/types.js";
import type { Tensor } from "./runtime/types.js";

const ABSOLUTE = 1e-5;
const SCALED = 1e-4;

/**
 * Runs every graph on its stored inputs. Each output must lie within 1e-5 + 1e-4 * (largest stored magnitude) of
 * the stored one, probabilities within 1e-5. Throws where one does not: the provider computes wrong numbers.
 */
export async function verify(graphs: Graphs, manifest: VaeManifest): Promise<void> {
  const { check, likelihood } = manifest;
  const stored = Object.fromEntries(
    Object.entries(check.outputs).map(([name, record]) => [name, decodeTensor(record)]),
  );
  const x = decodeTensor(check.input);
  const posterior = { mean: stored.mean!, logVariance: stored.log_variance! };
  const z = reparameterise(posterior, decodeTensor(check.noise).data);
  const compareAll = (outputs: Record<string, Tensor>) => {
    for (const [name, output] of Object.entries(outputs)) {
      const probability = name === "reconstruction" && likelihood.name === "bernoulli";
      compare(name, output, stored[name]!, probability ? 0 : SCALED);
    }
  };

  const { mean, logVariance } = await graphs.encode(x);
  compareAll({ mean, log_variance: logVariance });
  compareAll(await graphs.decode(z, decoderOutputs(manifest)));
  compareAll(await graphs.score(x, posterior, stored));
}

function compare(name: string, output: Tensor, stored: Tensor, scaled: number): void {
  if (output.shape.join() !== stored.shape.join()) {
    throw new InferError(
      `wrong shape of ${name}: expected [${stored.shape.join(", ")}], got [${output.shape.join(", ")}].`,
    );
  }
  const largest = stored.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const allowed = ABSOLUTE + scaled * largest;
  const wrong = stored.data.findIndex(
    (value, index) => !(Math.abs(output.data[index]! - value) <= allowed),
  );
  if (wrong >= 0) {
    throw new InferError(
      `wrong numbers: ${name}[${wrong}] is ${output.data[wrong]}, the model's stored check has ${stored.data[wrong]} (allowed error ${allowed}).`,
    );
  }
}
