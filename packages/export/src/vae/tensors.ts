/** What goes in and out of each graph of a model, by name, in words. */
import type { GraphName, VaeManifest } from "@vaeport/infer/manifest";
import { LIKELIHOODS } from "./likelihoods/index.js";
import { POSTERIORS } from "./posteriors/index.js";

/** As `x [N, 28, 28, 1] -> mean, log_variance [N, 20]`, in Markdown. */
export function describeTensors(graph: GraphName, manifest: VaeManifest): string {
  const { data, latent, likelihood, condition, check } = manifest;
  const item = shown(data.shape);
  const label = condition ? [`\`label\` ${shown([condition.classes])}, one-hot`] : [];
  const encoded = POSTERIORS[latent.posterior].tensors(latent.size);
  const code = `\`z\` ${shown([latent.size])}`;
  switch (graph) {
    case "encoder": {
      const [, spread] = encoded.map(([, shape]) => shown(shape));
      const outputs =
        latent.posterior === "full"
          ? `\`mean\` ${shown([latent.size])}, \`scale_tril\` ${spread}`
          : `\`mean\`, \`log_variance\` ${spread}`;
      return `${[`\`x\` ${item}`, ...label].join(", ")} -> ${outputs}`;
    }
    case "decoder": {
      const other = encoded.map(([name]) => name);
      const names = Object.keys(check.outputs).filter(
        (name) => ![...other, "distortion", "rate"].includes(name),
      );
      return `${[code, ...label].join(", ")} -> ${quoted(names)} ${item}`;
    }
    case "score": {
      const { scored } = LIKELIHOODS[likelihood.name];
      const inputs = [
        "x",
        ...encoded.map(([name]) => name),
        ...scored({ data, parameters: likelihood.parameters }),
      ];
      return `${quoted(inputs)} -> \`distortion\`, \`rate\` [N, 1], nats per item`;
    }
  }
}

/** How z is drawn from what the encoder gives. */
export function describeDraw({ latent }: VaeManifest): string {
  return latent.posterior === "full"
    ? "z = mean + scale_tril * noise (a product of matrix and vector)"
    : "z = mean + exp(log_variance / 2) * noise";
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

function shown(shape: readonly number[]): string {
  return `[${["N", ...shape].join(", ")}]`;
}
