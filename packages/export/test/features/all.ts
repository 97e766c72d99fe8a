/** All rows of FEATURES.md. */
import type { Feature } from "../support/features.js";
import { convolution } from "./convolution.js";
import { core } from "./core.js";
import { merge } from "./merge.js";
import { pooling } from "./pooling.js";
import { recurrent } from "./recurrent.js";
import { shape } from "./shape.js";

export const features: Feature[] = [
  ...core,
  ...convolution,
  ...merge,
  ...pooling,
  ...recurrent,
  ...shape,
];
