/** How the weights of the objective change with the steps. */
import type { ObjectiveConfig } from "../config/objective.js";

/** Where in a training a step is: its number from 0, steps in an epoch, and in all. */
export interface Place {
  step: number;
  perEpoch: number;
  steps: number;
}

/** What the objective weighs a step's terms with. */
export interface StepWeights {
  /** Weight of the rate. */
  beta: number;
  /** Nats. */
  capacity: number;
}

/**
 * The weights of a step.
 *
 * The weight grows from 0 to beta: once, in the first epochs; or at the beginning of each of M equal cycles, in the
 * part R of it: Fu et al., "Cyclical annealing schedule" (2019), equation 6. The capacity grows from one number of nats
 * to another, and stays there: Burgess et al., "Understanding disentangling in beta-VAE" (2018), section 4.2.
 */
export function objectiveWeights(config: ObjectiveConfig, place: Place): StepWeights {
  const { beta, capacity } = config;
  const grown = capacity
    ? capacity.from + (capacity.to - capacity.from) * progress(place, capacity.epochs)
    : 0;
  return { beta: beta * warmth(config, place), capacity: grown };
}

/** Part of beta that the rate is weighed with. */
function warmth({ warmUp }: ObjectiveConfig, place: Place): number {
  switch (warmUp?.type) {
    case undefined:
      return 1;
    case "linear":
      return progress(place, warmUp.epochs);
    case "cyclical": {
      const cycle = place.steps / warmUp.cycles;
      return Math.min((place.step % cycle) / cycle / warmUp.ramp, 1);
    }
  }
}

/** How much of the first `epochs` is over, 1 after them. */
function progress({ step, perEpoch }: Place, epochs: number): number {
  return Math.min(step / (epochs * perEpoch), 1);
}
