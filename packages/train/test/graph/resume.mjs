/**
 * Trains a small net with dropout for a number of steps and prints the bits of each loss.
 * Usage: node resume.mjs STEPS [--save FOLDER | --load FOLDER]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { adamW, dropout, Program, randomStream } from "@vaeport/train/graph";
import { loadTensorFlow } from "@vaeport/train/tensorflow";

const [steps, verb, folder = "."] = process.argv.slice(2);
const tf = await loadTensorFlow();

/** @type {(rows: number, columns: number) => import("@tensorflow/tfjs-node").Tensor2D} */
const wave = (rows, columns) => {
  const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i));
  return tf.tensor2d(values, [rows, columns]);
};

const w = tf.variable(wave(8, 16), true, "w");
const v = tf.variable(wave(16, 2), true, "v");
const random = randomStream(tf, { seed: 7, name: "random" });
const program = new Program(tf);
const step = program.train(
  "step",
  (x) => {
    const hidden = dropout(tf, tf.tanh(tf.matMul(x, w)), 0.3, random);
    return tf.mean(tf.square(tf.sub(tf.matMul(hidden, v), random.normal([32, 2]))));
  },
  [wave(32, 8)],
  { variables: [w, v], optimizer: adamW({ learningRate: 0.01 }) },
);

/** @type {(name: string) => string} */
const file = (name) => join(folder, `${name.replaceAll("/", "-")}.bin`);

if (verb === "--load") {
  const state = Object.entries(program.state()).map(([name, { shape, dtype }]) => {
    const { buffer } = new Uint8Array(readFileSync(file(name)));
    const values = dtype === "int32" ? new Int32Array(buffer) : new Float32Array(buffer);
    return [name, tf.tensor(values, shape, dtype)];
  });
  program.restore(Object.fromEntries(state));
}
const x = wave(32, 8);
for (let i = 0; i < Number(steps); i++) {
  const loss = step.values(x);
  console.log(Buffer.from(loss.buffer, loss.byteOffset, 4).toString("hex"));
}
if (verb === "--save") {
  for (const [name, tensor] of Object.entries(program.state())) {
    writeFileSync(file(name), new Uint8Array(tensor.dataSync().buffer));
  }
}
