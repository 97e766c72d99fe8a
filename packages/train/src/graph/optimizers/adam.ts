/** Adam and AdamW on TensorFlow's fused operator, with the epsilon of PyTorch and tf.js. */
import { attribute, type GraphBuilder, type Output } from "../graph-def/builder.js";
import { DT } from "../native.js";
import {
  type FusedOptimizer,
  type LearningRate,
  requireLearningRate,
  requireRange,
  type UpdateContext,
} from "./optimizer.js";

/** Hyperparameters of Adam; PyTorch's defaults. */
export interface AdamOptions {
  /** Default 1e-3. */
  learningRate?: LearningRate;
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Default 1e-8, as PyTorch; tf.js has 1e-7. */
  epsilon?: number;
}

/** Hyperparameters of AdamW; PyTorch's defaults. */
export interface AdamWOptions extends AdamOptions {
  /** Decoupled: the weight is multiplied by 1 - learningRate * weightDecay. Default 0.01. */
  weightDecay?: number;
}

/** Kingma and Ba, "Adam" (2014), algorithm 1: w -= learningRate * mHat / (sqrt(vHat) + epsilon). */
export function adam(options: AdamOptions = {}): FusedOptimizer {
  return make("adam", options, 0);
}

/** Loshchilov and Hutter, "Decoupled weight decay regularization" (2017), in the form of PyTorch. */
export function adamW({ weightDecay = 0.01, ...options }: AdamWOptions = {}): FusedOptimizer {
  requireRange("adamW", "weightDecay", weightDecay, 0);
  return make("adamW", options, weightDecay);
}

type Coefficients = Required<Omit<AdamOptions, "learningRate">> & { weightDecay: number };

function make(
  where: string,
  { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
  weightDecay: number,
): FusedOptimizer {
  requireLearningRate(where, learningRate);
  requireRange(where, "beta1", beta1, 0, 1);
  requireRange(where, "beta2", beta2, 0, 1);
  requireRange(where, "epsilon", epsilon, 0);
  const coefficients = { beta1, beta2, epsilon, weightDecay };
  return {
    fused: true,
    learningRate,
    slots: ["m", "v"],
    countsSteps: true,
    emit: (context) => emit(context, coefficients),
  };
}

function emit(context: UpdateContext, coefficients: Coefficients): Map<string, Output> {
  const { graph, variables, targets } = context;
  const { rate, epsilon, decay } = stepScalars(context, coefficients);
  const zero = graph.scalar(0);
  const beta1 = graph.scalar(coefficients.beta1);
  const beta2 = graph.scalar(coefficients.beta2);
  const attributes = {
    T: attribute.type(DT.float32),
    use_locking: attribute.flag(false),
    use_nesterov: attribute.flag(false),
  };
  const updates = targets.map(({ variable, slots, gradient, value, after }) => {
    const decayed = decay && graph.typed("Mul", [value, decay]);
    const ready = decayed ? [variables.assign(variable, decayed, after)] : after;
    // Powers of zero: the bias correction is in the rate and in epsilon already.
    const inputs = [variable.handle, slots.m!.handle, slots.v!.handle, zero, zero, rate];
    inputs.push(beta1, beta2, epsilon, gradient);
    const update = graph.add("ResourceApplyAdam", inputs, attributes, { after: ready });
    return [variable.name, update] as const;
  });
  return new Map(updates);
}

/**
 * The scalars of step t, computed in float64 and rounded once:
 * rate = learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) and epsilon * sqrt(1 - beta2^t), since the operator adds
 * epsilon to sqrt(v) before the correction where PyTorch and tf.js add it after.
 */
function stepScalars(
  { graph, learningRate, step }: UpdateContext,
  { beta1, beta2, epsilon, weightDecay }: Coefficients,
) {
  const double = (value: number) => graph.scalar(value, "float64");
  const typed = (operator: string, ...inputs: Output[]) =>
    graph.typed(operator, inputs, DT.float64);
  const t = cast(graph, step!, DT.int32, DT.float64);
  const wide = cast(graph, learningRate, DT.float32, DT.float64);
  // The operator's means decay by betas rounded to float32; the correction must use the same.
  const correction = (beta: number) =>
    typed("Sub", double(1), typed("Pow", double(Math.fround(beta)), t));
  const spread = typed("Sqrt", correction(beta2));
  const narrow = (value: Output) => cast(graph, value, DT.float64, DT.float32);
  const decay = () => narrow(typed("Sub", double(1), typed("Mul", wide, double(weightDecay))));
  return {
    rate: narrow(typed("Mul", wide, typed("RealDiv", spread, correction(beta1)))),
    epsilon: narrow(typed("Mul", double(epsilon), spread)),
    decay: weightDecay > 0 ? decay() : undefined,
  };
}

function cast(graph: GraphBuilder, value: Output, from: number, to: number): Output {
  return graph.add("Cast", [value], { SrcT: attribute.type(from), DstT: attribute.type(to) });
}
