/** Runs graph passes until none of them finds anything more to do. */
import { GraphError, PassError } from "../errors.js";
import { checkStructure } from "../ir/check.js";
import type { Graph } from "../ir/types.js";

/** A rewrite that keeps what a graph computes. Says whether it changed anything. */
export interface Pass {
  readonly name: string;
  run(graph: Graph): boolean;
}

/** Rounds after which passes that still change something are taken to undo one another. */
const MAX_ROUNDS = 100;

/** Applies the passes in order, round after round. Throws PassError with the history. */
export function runPasses(graph: Graph, passes: readonly Pass[]): void {
  const history: string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = history.length;
    for (const pass of passes) {
      if (runOne(graph, pass, history)) history.push(pass.name);
    }
    if (history.length === before) return;
  }
  const last = history.at(-1) ?? "";
  const cause = new GraphError(`no fixed point after ${MAX_ROUNDS} rounds`);
  throw new PassError(last, [...new Set(history)], cause);
}

function runOne(graph: Graph, pass: Pass, history: readonly string[]): boolean {
  try {
    const changed = pass.run(graph);
    if (changed) checkStructure(graph);
    return changed;
  } catch (cause) {
    throw new PassError(pass.name, history, cause);
  }
}
