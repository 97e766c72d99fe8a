/** Compares two recordings of one function: a difference is the sign of a value from JavaScript. */
import { dtypeName, sameShape } from "../native.js";
import type { Operation, Recording, Value } from "./recording.js";

/** Where two recordings differ, in words; undefined when they are the same to the bit. */
export function difference(a: Recording, b: Recording): string | undefined {
  if (a.operations.length !== b.operations.length) {
    return `it runs ${a.operations.length} operators in one run and ${b.operations.length} in the next`;
  }
  const changing = "its outputs or the variables that it assigns change from run to run";
  for (const [index, operation] of a.operations.entries()) {
    const found = operationDifference(operation, b.operations[index]!);
    if (found) return found;
  }
  if (a.values.length !== b.values.length) return changing;
  for (const [number, value] of a.values.entries()) {
    const found = valueDifference(value, b.values[number]!, () => userOf(a, number));
    if (found) return found;
  }
  const same = JSON.stringify([a.outputs, a.updates]) === JSON.stringify([b.outputs, b.updates]);
  return same ? undefined : changing;
}

function operationDifference(p: Operation, q: Operation): string | undefined {
  const where = p.source || p.name;
  if (p.name !== q.name) return `where one run has ${where}, the next has ${q.source || q.name}`;
  if (JSON.stringify(p.attributes) !== JSON.stringify(q.attributes)) {
    return `an attribute of ${where} (${p.name}) changes from run to run`;
  }
  const same = String([p.inputs, p.outputs]) === String([q.inputs, q.outputs]);
  return same ? undefined : `the inputs of ${where} (${p.name}) change from run to run`;
}

function valueDifference(p: Value, q: Value, user: () => string): string | undefined {
  if (p.kind !== q.kind || p.dtype !== q.dtype || !sameShape(p.shape, q.shape)) {
    return `a value used by ${user()} is ${dtypeName(p.dtype)} [${p.shape}] in one run and ${dtypeName(q.dtype)} [${q.shape}] in the next`;
  }
  if (p.kind === "constant" && q.kind === "constant" && Buffer.compare(p.bytes, q.bytes) !== 0) {
    return `a constant of shape [${p.shape}] used by ${user()} changes from run to run`;
  }
  return undefined;
}

function userOf({ operations }: Recording, number: number): string {
  const operation = operations.find(({ inputs }) => inputs.includes(number));
  return operation ? operation.source || operation.name : "an output";
}
