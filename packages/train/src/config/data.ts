/** The section `data`: what is trained on, by name or from disk. */
import { z } from "zod";
import { count, section } from "./section.js";

/** What every kind of data has. */
const common = {
  binarisation: z
    .enum(["none", "dynamic"])
    .default("none")
    .describe("none: grey values as probabilities; dynamic: a fresh Bernoulli draw per batch"),
  trainItems: count().optional().describe("Use so many of the training items only"),
  testItems: count().optional().describe("Use so many of the held-out items only"),
  pick: z
    .enum(["spread", "first"])
    .optional()
    .describe(
      "Which ones trainItems and testItems are. spread, by default: one drawn from each of so many equal stretches " +
        "of the set, which may be in the order of its classes, the same for every seed; first: the first ones",
    ),
  includeHeldOut: z
    .boolean()
    .default(false)
    .describe(
      "Train on the held-out items too, as some published tables do; held-out numbers then say nothing of new items",
    ),
};

const path = (what: string) =>
  z.string().min(1).describe(`${what}; a relative path starts at the config file`);

const HELD_OUT = 0.1;

/** Where no held-out items are given, a part of the training ones is held out, the same part for every seed. */
const heldOut = z
  .number()
  .gt(0)
  .lt(1)
  .default(HELD_OUT)
  .describe("Part that is held out, drawn once");

/** Of a part beside held-out items of their own. Resolved configurations hold the default, which says nothing. */
function refuseUnusedPart(heldOut: number, given: string, context: z.RefinementCtx): void {
  if (heldOut === HELD_OUT) return;
  const message = `has no effect beside ${given}, which gives the held-out items; leave one of the two out`;
  context.addIssue({ code: "custom", path: ["heldOut"], message });
}

const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, "the first must be smaller than the second")
  .optional()
  .describe(
    "Smallest and largest value that an item may have; by default 0 and 1, or beyond them as far as values lie",
  );

const named = section({ name: z.enum(["mnist", "fashion-mnist"]), ...common });

const images = section({
  name: z.literal("images").describe("PNG, JPEG and WebP files; sub-folders are classes"),
  folder: path("Folder of the images"),
  heldOutFolder: path("Folder of the held-out images").optional(),
  heldOut,
  height: count().max(4096).default(64).describe("Pixels that an image is resized to"),
  width: count().max(4096).default(64).describe("Pixels that an image is resized to"),
  fit: z
    .enum(["cover", "contain", "stretch"])
    .default("cover")
    .describe("cover: cut what is over, from the middle; contain: black borders; stretch"),
  colour: z.boolean().default(false).describe("Red, green and blue instead of grey"),
  ...common,
}).superRefine(({ heldOut, heldOutFolder }, context) => {
  if (heldOutFolder !== undefined) refuseUnusedPart(heldOut, "heldOutFolder", context);
});

const arrays = (name: "npy" | "idx", what: string) =>
  section({
    name: z.literal(name).describe(what),
    train: path("File of the training items, [N, H, W], [N, H, W, C] or [N, D]"),
    trainLabels: path("File of their classes, whole numbers [N]").optional(),
    test: path("File of the held-out items").optional(),
    testLabels: path("File of their classes").optional(),
    heldOut,
    range,
    ...common,
  }).superRefine((files, context) => {
    if (files.test !== undefined) refuseUnusedPart(files.heldOut, "test", context);
    const problem = labelProblem(files);
    if (problem) context.addIssue({ code: "custom", ...problem });
  });

/** A file of classes that no items belong to, or that is missing of one set. */
function labelProblem({
  trainLabels,
  test,
  testLabels,
}: Partial<Record<"trainLabels" | "test" | "testLabels", string | undefined>>) {
  if (test === undefined) {
    const message = "holds classes of held-out items, and test, the file of those, is not given";
    return testLabels === undefined ? undefined : { path: ["testLabels"], message };
  }
  if ((trainLabels === undefined) === (testLabels === undefined)) return undefined;
  const [missing, given] =
    testLabels === undefined ? ["testLabels", "trainLabels"] : ["trainLabels", "testLabels"];
  return { path: [missing], message: `${given} is given, and both sets have classes or neither` };
}

const csv = section({
  name: z.literal("csv").describe("A table of numbers, a row for each item"),
  train: path("File of the training items"),
  test: path("File of the held-out items").optional(),
  heldOut,
  header: z
    .boolean()
    .optional()
    .describe(
      "Whether the first row names the columns; by default where it is all text, and not where it is all numbers",
    ),
  labelColumn: z
    .string()
    .optional()
    .describe(
      "Name of the column that holds the classes; without a header, they are column 1, column 2 and so on",
    ),
  scale: z
    .enum(["none", "unit", "standard"])
    .default("none")
    .describe(
      "Of every column: unit: smallest and largest training value to 0 and 1; standard: to mean 0 and variance 1",
    ),
  range,
  ...common,
}).superRefine(({ heldOut, test }, context) => {
  if (test !== undefined) refuseUnusedPart(heldOut, "test", context);
});

export const data = z
  .discriminatedUnion(
    "name",
    [
      named,
      images,
      arrays("npy", "NumPy files; bytes 0..255 stand for 0..1, other types for themselves"),
      arrays("idx", "IDX files of bytes, as MNIST's; 0..255 stand for 0..1"),
      csv,
    ],
    {
      error: (issue) =>
        issue.code === "invalid_union"
          ? 'expected "mnist", "fashion-mnist", "images", "npy", "idx" or "csv"'
          : undefined,
    },
  )
  .superRefine(({ pick, trainItems, testItems }, context) => {
    if (pick === undefined || trainItems !== undefined || testItems !== undefined) return;
    const message =
      "says which ones trainItems and testItems are, and neither is given; leave it out";
    context.addIssue({ code: "custom", path: ["pick"], message });
  });

export type ImagesConfig = z.output<typeof images>;
export type ArraysConfig = z.output<ReturnType<typeof arrays>>;
export type CsvConfig = z.output<typeof csv>;
