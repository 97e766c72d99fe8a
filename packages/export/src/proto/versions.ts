/** The operator sets that are written for, and the file format of each. */

/** https://github.com/onnx/onnx/blob/main/docs/Versioning.md */
export const IR_VERSIONS: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

export const OPSETS: readonly number[] = Object.keys(IR_VERSIONS).map(Number);
