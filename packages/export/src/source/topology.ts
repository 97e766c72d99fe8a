/** Looks over the topology of a model.json before tf.js does, which never ends on some damaged ones. */
import { SourceError } from "../errors.js";

/** A layer of a functional model as the file has it. */
interface Entry {
  name: string;
  /** Its calls, each the tensors it takes as [layer, call, tensor, ...]. */
  calls: unknown[][];
  /** Calls that it has from the start: of an input, and of a model for its own inputs. */
  given: number;
}

/**
 * Throws SourceError for layers, at whatever depth of the document, that cannot be called in any
 * order: tf.js (4.22, `fromConfig` in engine/container.ts) tries for ever to call them.
 */
export function checkTopology(topology: unknown): void {
  if (typeof topology !== "object" || topology === null) return;
  for (const [key, value] of Object.entries(topology)) {
    if (key === "layers" && Array.isArray(value)) checkLayers(value.filter(isObject));
    checkTopology(value);
  }
}

function checkLayers(layers: readonly Record<string, unknown>[]): void {
  if (!layers.some((layer) => Array.isArray(nodesOf(layer)))) return; // a Sequential
  const entries = layers.map(entryOf);
  const twice = entries.find(
    ({ name }, index) => entries.findIndex((other) => other.name === name) < index,
  );
  if (twice !== undefined) throw new SourceError(`two layers are named "${twice.name}"`);
  const waiting = callAll(entries);
  if (waiting.length === 0) return;
  const names = [...new Set(waiting)].map((name) => `"${name}"`).join(", ");
  throw new SourceError(
    `the inputs of ${names} are never made: layers wait for one another, or for a call that is not there`,
  );
}

/** Calls layers once the calls they take their inputs from are made; gives the names left waiting. */
function callAll(entries: readonly Entry[]): string[] {
  const made = new Map(entries.map(({ name, given }) => [name, given]));
  let waiting = entries.flatMap(({ name, calls }) => calls.map((tensors) => ({ name, tensors })));
  for (let before = Infinity; waiting.length < before; ) {
    before = waiting.length;
    waiting = waiting.filter(({ name, tensors }) => {
      if (!tensors.every((tensor) => isMade(tensor, made))) return true;
      // tf.js takes a call without inputs for none.
      if (tensors.length > 0) made.set(name, (made.get(name) ?? 0) + 1);
      return false;
    });
  }
  return waiting.map(({ name }) => name);
}

function isMade(tensor: unknown, made: ReadonlyMap<string, number>): boolean {
  const [layer, call] = Array.isArray(tensor) ? tensor : [];
  const count = made.get(String(layer));
  return count !== undefined && typeof call === "number" && call < count;
}

function entryOf(layer: Record<string, unknown>): Entry {
  const { name, config } = layer;
  const { name: own, layers } = isObject(config) ? config : {};
  if (own !== undefined && own !== name) {
    throw new SourceError(`a layer is named ${JSON.stringify(name)} and ${JSON.stringify(own)}`);
  }
  const nodes = nodesOf(layer);
  const given = (layer.class_name ?? layer.className) === "InputLayer" || Array.isArray(layers);
  return {
    name: String(name),
    calls: Array.isArray(nodes) ? nodes.filter((node) => Array.isArray(node)) : [],
    given: given ? 1 : 0,
  };
}

function nodesOf(layer: Record<string, unknown>): unknown {
  return layer.inbound_nodes ?? layer.inboundNodes;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
