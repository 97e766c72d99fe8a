/** Checks of what callers without types pass: an error with a remedy, not a TypeError from the depths. */
import { inspect } from "node:util";

/**
 * @param Refusal the error of the module that is called
 * @param where the function and its argument
 * @param wanted what is to be given instead
 */
export function requireArgument(
  Refusal: new (message: string) => Error,
  fits: boolean,
  where: string,
  value: unknown,
  wanted: string,
): void {
  if (fits) return;
  const got = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  throw new Refusal(`${where}: got ${got}. Give ${wanted}.`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
