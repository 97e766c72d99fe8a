/** The passes that every export runs, in order. */
import { foldAffine } from "./fold-affine.js";
import { foldConstants } from "./fold-constants.js";
import { foldPad } from "./fold-pad.js";
import { foldTranspose } from "./fold-transpose.js";
import { mergeConstants } from "./merge-constants.js";
import { mergeReshape } from "./merge-reshape.js";
import { mergeTranspose } from "./merge-transpose.js";
import { removeDead } from "./remove-dead.js";
import { removeIdentity } from "./remove-identity.js";
import type { Pass } from "./run.js";

export const STANDARD_PASSES: readonly Pass[] = [
  foldConstants,
  foldAffine,
  foldPad,
  foldTranspose,
  mergeReshape,
  mergeTranspose,
  removeIdentity,
  removeDead,
  mergeConstants,
];
