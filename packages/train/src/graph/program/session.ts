/** A graph loaded into native TensorFlow. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TensorMetadata } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import { NativeGraphError } from "../errors.js";
import { TAG } from "../graph-def/messages.js";
import type { NativeBackend } from "../native.js";

/** Values that go in: names of placeholders, and native tensors in the same order. */
export interface Feed {
  /** Joined by commas, as "x:0,y:0". */
  names: string;
  ids: number[];
}

export class Session {
  readonly #backend: NativeBackend;
  readonly #id: number;

  /** @throws NativeGraphError when TensorFlow refuses the graph */
  constructor(backend: NativeBackend, savedModel: Uint8Array) {
    this.#backend = backend;
    const folder = mkdtempSync(join(tmpdir(), "vaeport-graph-"));
    try {
      writeFileSync(join(folder, "saved_model.pb"), savedModel);
      this.#id = backend.binding.loadSavedModel(folder, TAG);
    } catch (cause) {
      throw new NativeGraphError(
        `TensorFlow cannot load the graph: ${reason(cause)} ` +
          "Leave the function that runs this operator out of the program.",
        { cause },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /**
   * Runs what the fetched outputs need and returns them as native tensors, which the caller owns.
   *
   * @param where names the function in messages
   * @throws NativeGraphError when an operator fails, as on an index out of range
   */
  run(where: string, feed: Feed, fetches: string): TensorMetadata[] {
    try {
      return this.#backend.binding.runSavedModel(this.#id, feed.ids, feed.names, fetches);
    } catch (cause) {
      throw new NativeGraphError(`"${where}" failed in TensorFlow: ${reason(cause)}`, { cause });
    }
  }

  dispose(): void {
    this.#backend.binding.deleteSavedModel(this.#id);
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
