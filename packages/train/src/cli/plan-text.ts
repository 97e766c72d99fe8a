/** What a dry run prints. */
import type { Plan } from "../training/plan.js";

export function planText({ config, dataset, stepsPerEpoch, parameters, megabytes }: Plan): string {
  const count = (value: number) => value.toLocaleString("en");
  const size = (value: number) => `${value < 10 ? value.toFixed(1) : count(Math.round(value))} MB`;
  const { total, data, weights, checkpoint, step, evaluation, graphs } = megabytes;
  const { encoder, decoder } = parameters;
  return `${JSON.stringify(config, null, 2)}

data        ${dataset.name}: ${count(dataset.trainItems)} training and ${count(dataset.testItems)} held-out items of [${dataset.itemShape.join(", ")}]
steps       ${count(stepsPerEpoch)} an epoch, ${count(stepsPerEpoch * config.training.epochs)} in all
parameters  ${count(encoder + decoder)}: encoder ${count(encoder)}, decoder ${count(decoder)}
memory      about ${size(total)} at its peak:
            Node, TensorFlow and the reading of the data ${size(megabytes.process)}, measured; the items are ${size(data)} of it
            weights and optimizer ${size(weights)}, a checkpoint as it is written ${size(checkpoint)}
            outputs of the layers ${size(step)} in a step, ${size(evaluation)} in an evaluation's batch
            compiled graphs and pictures ${size(graphs)}`;
}
