/** What a function becomes in a graph, before TensorFlow sees it. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { GraphBuilder } from "../../src/graph/graph-def/builder.js";
import { StepEmitter } from "../../src/graph/graph-def/emit.js";
import { GraphVariables } from "../../src/graph/graph-def/variables.js";
import { capture } from "../../src/graph/recording/capture.js";
import { type ReadNode, readNodes } from "./saved-model.js";
import { tf } from "./support.js";

interface Emitted {
  emitter: StepEmitter;
  /** By name, in the order of the graph. */
  nodes: Map<string, ReadNode>;
}

/** Captures a function of one float32 tensor with `x`, and writes it down once. */
export function emit(f: (x: Tensor) => Tensor, x: Tensor): Emitted {
  const recording = capture(tf, ([y]) => [f(y!)], [x], { name: "f", nativeGradients: true });
  const graph = new GraphBuilder();
  const input = graph.placeholder(x.shape, 1, "x");
  const emitter = new StepEmitter(graph, new GraphVariables(graph), recording, [input], new Map());
  const nodes = readNodes(graph.serialize()).map((node) => [node.name, node] as const);
  return { emitter, nodes: new Map(nodes) };
}
