/** Provisions native TensorFlow for tfjs-node; safe to interrupt and to run again. */
import { resolve } from "node:path";
import { compileBinding, findTfjsNode, linkBinding } from "./binding.js";
import { TensorFlowError } from "./errors.js";
import { findLibrary } from "./library.js";
import { runCommand, tail } from "./run-command.js";
import { provideWheel } from "./wheel.js";

/** How `setup` tells what it does. */
export interface SetupOptions {
  /** Receives a line for each step that takes time. Default: standard error. */
  log?: (line: string) => void;
}

/**
 * Makes `loadTensorFlow` work and returns the version of the native library.
 *
 * Takes, in this order: what is installed, if it loads and is safe; the library in `$VAEPORT_LIBTENSORFLOW`;
 * the public TensorFlow wheel through pip, kept in the user's cache. The binding of tfjs-node is
 * compiled against it with the C++ compiler.
 *
 * @throws TensorFlowError saying which step failed, why, and what mends it.
 */
export async function setupTensorFlow(options: SetupOptions = {}): Promise<string> {
  const log = options.log ?? ((line: string) => console.error(line));
  const tfjsNode = findTfjsNode();
  const own = process.env.VAEPORT_LIBTENSORFLOW;
  if (!own) {
    const installed = await probe();
    if (installed.version) return installed.version;
  }
  const library = own ? findLibrary(resolve(own)) : await provideWheel(log);
  await linkBinding(tfjsNode, await compileBinding(tfjsNode, library, log));
  const { version, output } = await probe();
  if (version) return version;
  throw new TensorFlowError(
    `The TensorFlow library ${library.libraries[0]} was set up for tfjs-node but does not load:\n` +
      `${tail(output)}\nRemove the folder it is in to fetch it again.`,
  );
}

/**
 * Loads TensorFlow and runs an operator, in a process of its own: a bad library may crash it. A binding that was not
 * compiled here shares memory with TensorFlow, and may crash any time: `native/own-memory.h`. One of four offsets is
 * aligned as sharing asks.
 */
async function probe(): Promise<{ version: string | undefined; output: string }> {
  const load = new URL("./load.js", import.meta.url).href;
  const script = `
    import { loadTensorFlow } from ${JSON.stringify(load)};
    const tf = await loadTensorFlow();
    if (tf.add(40, 2).dataSync()[0] !== 42) throw new Error("40 + 2 is not 42");
    const memory = new Float32Array(16);
    for (const offset of [0, 4, 8, 12]) {
      const values = memory.subarray(offset, offset + 4);
      const tensor = tf.tensor1d(values);
      tf.neg(tensor); // now it is TensorFlow's
      values.fill(1);
      if (tf.neg(tensor).dataSync()[0] !== 0) throw new Error("the binding shares JavaScript's memory");
    }
    console.log("TensorFlow=" + tf.backend().binding.TF_Version);`;
  const { output } = await runCommand(process.execPath, ["--input-type=module", "-e", script], {
    env: { TF_CPP_MIN_LOG_LEVEL: "1" }, // what TensorFlow says is wanted here
  });
  return { version: /^TensorFlow=(\S+)$/m.exec(output)?.[1], output };
}
