/** What the commands share: standard output, and a tf.js that keeps quiet on it. */
import { importLayers } from "../source/tensorflow.js";

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Silences tf.js' notes; fine in a process of our own, not in a caller's. */
export async function calmTensorFlow(): Promise<void> {
  const { core } = await importLayers();
  core.enableProdMode();
}
