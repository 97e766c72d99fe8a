/** Replaces properties of objects for the duration of a call. */

/** A property to be replaced. */
export interface Patch {
  target: object;
  key: string;
  value: unknown;
}

/** Runs `body` with the properties replaced and puts all of them back, whatever happens. */
export function withPatches<T>(patches: readonly Patch[], body: () => T): T {
  const undo: (() => void)[] = [];
  try {
    for (const { target, key, value } of patches) {
      const own = Object.getOwnPropertyDescriptor(target, key);
      undo.push(() => {
        if (own) Object.defineProperty(target, key, own);
        else Reflect.deleteProperty(target, key);
      });
      Object.defineProperty(target, key, { value, configurable: true, writable: true });
    }
    return body();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}
