/** The passes that every export runs, in order. */
import type { Graph } from "../ir/types.js";
import { evenPads } from "./even-pads.js";
import { foldAffine } from "./fold-affine.js";
import { foldConstants } from "./fold-constants.js";
import { foldPad } from "./fold-pad.js";
import { foldTranspose } from "./fold-transpose.js";
import { mergeConstants } from "./merge-constants.js";
import { mergeReshape } from "./merge-reshape.js";
import { mergeTranspose } from "./merge-transpose.js";
import { removeDead } from "./remove-dead.js";
import { removeIdentity } from "./remove-identity.js";
import { type Pass, runPasses } from "./run.js";

/** Each can leave work to the others: they run until all are content. */
const SIMPLIFY: readonly Pass[] = [
  foldConstants,
  foldAffine,
  foldPad,
  foldTranspose,
  mergeReshape,
  mergeTranspose,
  removeIdentity,
  removeDead,
];

/** On a graph with nothing left to fold; constants last, when no pass makes more. */
const FINISH: readonly Pass[] = [evenPads, mergeConstants];

export function runStandardPasses(graph: Graph): void {
  runPasses(graph, SIMPLIFY);
  runPasses(graph, FINISH);
}
