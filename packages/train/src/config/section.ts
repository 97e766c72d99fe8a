/** What the sections of a configuration are made of. */
import { z } from "zod";

/** An object whose unknown keys are errors that name the allowed ones. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown ${issue.keys.length === 1 ? "key" : "keys"} ${issue.keys.join(", ")}; ` +
          `allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });

/** A whole number from 1. */
export const count = () => z.int().min(1);
