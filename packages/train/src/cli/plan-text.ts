/** What a dry run prints. */
import type { Plan } from "../training/plan.js";

export function planText({ config, dataset, stepsPerEpoch, parameters, megabytes }: Plan): string {
  const count = (value: number) => value.toLocaleString("en");
  const size = (value: number) => `${value < 10 ? value.toFixed(1) : count(Math.round(value))} MB`;
  const { data, weights, activations } = megabytes;
  const { encoder, decoder } = parameters;
  return `${JSON.stringify(config, null, 2)}

data        ${dataset.name}: ${count(dataset.trainItems)} training and ${count(dataset.testItems)} held-out items of [${dataset.itemShape.join(", ")}]
steps       ${count(stepsPerEpoch)} an epoch, ${count(stepsPerEpoch * config.training.epochs)} in all
parameters  ${count(encoder + decoder)}: encoder ${count(encoder)}, decoder ${count(decoder)}
memory      about ${size(data + weights + activations)}, and what TensorFlow itself takes
            data ${size(data)}, weights and optimizer ${size(weights)}, a batch's activations ${size(activations)}`;
}
