/** Stochastic gradient descent, with momentum if wanted, on TensorFlow's fused operators. */
import { attribute, type Output } from "../graph-def/builder.js";
import { DT } from "../native.js";
import {
  type FusedOptimizer,
  type LearningRate,
  requireLearningRate,
  requireRange,
  type UpdateContext,
} from "./optimizer.js";

/** Hyperparameters of gradient descent with momentum. */
export interface SgdOptions {
  /** Default 1e-2. */
  learningRate?: LearningRate;
  /** Part of the last step's velocity that is kept, in [0, 1). Default 0. */
  momentum?: number;
  /** Look ahead along the velocity: Sutskever et al. (2013). Default false. */
  nesterov?: boolean;
}

/** velocity = momentum * velocity + gradient; w -= learningRate * velocity, as PyTorch and tf.js. */
export function sgd(options: SgdOptions = {}): FusedOptimizer {
  const { learningRate = 1e-2, momentum = 0, nesterov = false } = options;
  requireLearningRate("sgd", learningRate);
  requireRange("sgd", "momentum", momentum, 0, 1);
  return {
    fused: true,
    learningRate,
    slots: momentum > 0 ? ["velocity"] : [],
    countsSteps: false,
    emit: (context) => (momentum > 0 ? accelerate(context, momentum, nesterov) : descend(context)),
  };
}

const LOCKING = { T: attribute.type(DT.float32), use_locking: attribute.flag(false) };

function descend({ graph, targets, learningRate }: UpdateContext): Map<string, Output> {
  const updates = targets.map(({ variable, gradient, after }) => {
    const inputs = [variable.handle, learningRate, gradient];
    const update = graph.add("ResourceApplyGradientDescent", inputs, LOCKING, { after });
    return [variable.name, update] as const;
  });
  return new Map(updates);
}

function accelerate(
  { graph, targets, learningRate }: UpdateContext,
  momentum: number,
  nesterov: boolean,
): Map<string, Output> {
  const kept = graph.scalar(momentum);
  const attributes = { ...LOCKING, use_nesterov: attribute.flag(nesterov) };
  const updates = targets.map(({ variable, slots, gradient, after }) => {
    const inputs = [variable.handle, slots.velocity!.handle, learningRate, gradient, kept];
    const update = graph.add("ResourceApplyMomentum", inputs, attributes, { after });
    return [variable.name, update] as const;
  });
  return new Map(updates);
}
