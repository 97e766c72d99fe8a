/** The packages as strangers meet them: packed, installed, used by their README. */
export {
  installInEmptyFolder,
  type Outcome,
  type Published,
  packPackages,
  type StrangersFolder,
  type Tarballs,
} from "./pack.js";
export { blocksOf, blockWith } from "./readme.js";
