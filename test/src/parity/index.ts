/** Holds every runtime to the numbers of tfjs-node. */
export { runInProcess } from "./child-process.js";
export { compare, type Difference } from "./compare.js";
export { measureParity } from "./measure.js";
export { pythonRuntime, referenceFromPython } from "./python-runtime.js";
export { type ReferenceBatch, referenceFromRun } from "./reference.js";
export { availableRuntimes, type Machine, type RuntimeCase } from "./runtimes.js";
export { formatParityTable, isWithinTolerance, type ParityRow } from "./table.js";
export { tolerance } from "./tolerance.js";
export type { Batch, Outputs, WorkRequest, WorkResult } from "./types.js";
