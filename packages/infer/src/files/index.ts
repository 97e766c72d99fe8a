/** Files of vaeport's own commands: their cache, folders, and one process at a time. Node alone; not for apps. */
export { cacheFolder } from "./cache.js";
export { makeFolder, makeFolderSync } from "./folder.js";
export {
  type Holder,
  nameOf,
  readHolder,
  STALE_MILLISECONDS,
  takeLock,
  type Unlock,
} from "./lock.js";
export { isAlive } from "./processes.js";
