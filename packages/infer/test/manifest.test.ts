import {
  decodeTensor,
  encodeTensor,
  InferError,
  ManifestError,
  parseManifest,
  parseRunSummary,
} from "@vaeport/infer/manifest";
import { describe, expect, test } from "vitest";
import { rawManifest } from "./helpers.js";

function rawSummary() {
  const { name, description, license, data, latent, likelihood, training, check } = rawManifest();
  const shared = { name, description, license, data, latent, likelihood, training };
  return { format: "vaeport-run", version: 1, ...shared, example: check.input };
}

/** The error a call throws. */
function thrown(action: () => unknown): ManifestError {
  try {
    action();
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Sets the field at a path such as `data.shape[1]`. */
function set(document: object, path: string, value: unknown): unknown {
  const keys = path.replaceAll("[", ".").replaceAll("]", "").split(".");
  const last = keys.pop()!;
  // biome-ignore lint/suspicious/noExplicitAny: any field may be broken.
  const parent = keys.reduce((node: any, key) => node[key], document);
  Object.defineProperty(parent, last, { value, enumerable: true, configurable: true });
  return document;
}

describe("a sound manifest", () => {
  test("comes back equal, as a copy, unknown fields left out", () => {
    const raw = rawManifest();
    const parsed = parseManifest({ ...raw, later: { addition: 1 } });
    expect(parsed).toEqual(raw);
    expect(parsed.data).not.toBe(raw.data);
  });

  test("may hold every part of the format", () => {
    const raw = rawManifest();
    const { float32 } = raw.variants;
    raw.condition = { classes: 2, names: ["a", "b"] };
    raw.check.label = 1;
    raw.variants.float16 = { ...float32, errorAgainstFloat32: { mean: 1e-3 } };
    raw.variants.int8 = float32;
    raw.latent.posterior = "full";
    delete raw.check.outputs.log_variance;
    raw.check.outputs.scale_tril = encodeTensor(new Float32Array(4), [1, 2, 2]);
    expect(parseManifest(raw)).toEqual(raw);
  });

  test("of a conditional model states its check's class", () => {
    const raw = rawManifest();
    raw.condition = { classes: 2, names: ["a", "b"] };
    for (const label of [undefined, -1, 2, 0.5]) {
      raw.check.label = label;
      expect(() => parseManifest(raw)).toThrow("vae.json, check.label: expected a whole number");
    }
  });

  test.each([
    ["gaussian", "data_log_variance"],
    ["discretised-logistic", "data_log_scale"],
  ])("of a %s likelihood may hold %s, and needs no logits", (name, parameter) => {
    const raw = rawManifest();
    raw.likelihood = { name, parameters: { variance: 0.1 } };
    raw.check.outputs[parameter] = raw.check.outputs.logits;
    delete raw.check.outputs.logits;
    expect(parseManifest(raw)).toEqual(raw);
    delete raw.check.outputs[parameter];
    expect(parseManifest(raw)).toEqual(raw);
  });
});

describe("a broken manifest is refused, its field and value named", () => {
  const tensor = (shape: number[], data = "AAAA") => ({ shape, data });
  const unit = encodeTensor(new Float32Array(1), [1, 1]);
  const cases: [string, unknown][] = [
    ["format", "vaeport-run"],
    ["version", 2],
    ["version", "1"],
    ["name", ""],
    ["description", 3],
    ["license", undefined],
    ["data", []],
    ["data.shape", [4, 3]],
    ["data.shape", "4,3,1"],
    ["data.shape[1]", 0],
    ["data.shape[1]", -3],
    ["data.shape[1]", 1.5],
    ["data.shape", [2 ** 26, 2, 1]],
    ["data.layout", "NWHC"],
    ["data.range", [1, 0]],
    ["data.range[1]", Number.POSITIVE_INFINITY],
    ["data.binarised", "no"],
    ["latent.size", 0],
    ["latent.size", 2 ** 20],
    ["latent.posterior", "spherical"],
    ["likelihood.name", "poisson"],
    ["likelihood.parameters.scale", "1"],
    ["condition", { classes: 3, names: ["a"] }],
    ["variants", {}],
    ["variants.float32.score.file", "encoder.onnx"],
    ["variants.float32.encoder.bytes", 0],
    ["variants.float32.encoder.bytes", 2 ** 40],
    ["variants.float32.encoder.sha256", "ABC"],
    ["variants.float16", { encoder: null }],
    ["check.seed", -1],
    ["check.input", tensor([1, 3, 4, 1])],
    ["check.input", tensor([1, 4, 3, 1])],
    ["check.input.data", `${"A".repeat(63)}!`],
    ["check.input.data", `${"A".repeat(62)}==`],
    ["check.noise", unit],
    ["check.outputs.mean", undefined],
    ["check.outputs.logits", unit],
    ["check.outputs.rate", encodeTensor(Float32Array.of(Number.NaN), [1, 1])],
    ["training.epochs", 1.5],
    ["training.metrics.loss", null],
    ["training.versions.node", 20],
    ["producer.version", undefined],
  ];
  test.each(cases)("%s: %j", (field, value) => {
    const error = thrown(() => parseManifest(set(rawManifest(), field, value)));
    expect(field.startsWith(error.field) || error.field.startsWith(field)).toBe(true);
    expect(error.message).toContain(`vae.json, ${error.field}: expected `);
    expect(error.message).toMatch(/, got .+\. \S.+\.$/);
    expect(error).toBeInstanceOf(InferError);
  });

  test.each([null, undefined, 1, "{}", [], () => 1, Symbol("x"), 1n])("document %s", (value) => {
    const error = thrown(() => parseManifest(value));
    expect(error.field).toBe("");
    expect(error.value).toBe(value);
  });
});

test.each([
  "../encoder.onnx",
  "..",
  ".",
  "",
  "/etc/passwd",
  "a/encoder.onnx",
  "a\\encoder.onnx",
  "C:encoder.onnx",
  "https://example.org/encoder.onnx",
  "data:,x",
  "encoder.onnx\0.txt",
  "encoder.onnx.",
  "encoder.onnx ",
  " encoder.onnx",
  ".hidden",
  "%2e%2e",
  "a?b",
  "a#b",
  "NUL",
  "con.onnx",
  "Lpt1.tar.onnx",
  "ｅncoder.onnx",
  "encoder.onnx\n",
  "a".repeat(200),
])("file name %j is refused", (file) => {
  const field = "variants.float32.encoder.file";
  const error = thrown(() => parseManifest(set(rawManifest(), field, file)));
  expect(error.field).toBe(field);
  expect(error.value).toBe(file);
});

test.each(["encoder.onnx", "encoder.float16.onnx", "A_b-1", "conv.onnx", "console"])(
  "file name %j is taken",
  (file) => {
    const raw = set(rawManifest(), "variants.float32.encoder.file", file);
    expect(parseManifest(raw).variants.float32.encoder.file).toBe(file);
  },
);

describe("prototypes", () => {
  test("a __proto__ key among free names is refused", () => {
    const raw = rawManifest();
    raw.training.metrics = JSON.parse('{"__proto__": 1}');
    expect(thrown(() => parseManifest(raw)).field).toBe("training.metrics");
  });

  test("a __proto__ key elsewhere supplies no field and pollutes nothing", () => {
    const raw = rawManifest();
    const { latent, ...rest } = raw;
    const polluted = JSON.parse(
      JSON.stringify(rest).replace("{", `{"__proto__": ${JSON.stringify({ latent })},`),
    );
    expect(thrown(() => parseManifest(polluted)).field).toBe("latent");
    expect(Object.hasOwn(Object.prototype, "latent")).toBe(false);
  });

  test("an inherited field is none", () => {
    const { latent, ...rest } = rawManifest();
    const heir = Object.assign(Object.create({ latent }), rest);
    expect(thrown(() => parseManifest(heir)).field).toBe("latent");
  });

  test("constructor and toString are names like others", () => {
    const raw = rawManifest();
    raw.training.metrics = { constructor: 1, toString: 2 };
    expect(parseManifest(raw).training.metrics).toEqual({ constructor: 1, toString: 2 });
  });
});

describe("a run summary", () => {
  test("comes back equal", () => {
    expect(parseRunSummary(rawSummary())).toEqual(rawSummary());
    const conditional = { ...rawSummary(), condition: { classes: 2, names: ["a", "b"] }, label: 1 };
    expect(parseRunSummary(conditional)).toEqual(conditional);
    const { label, ...without } = conditional;
    expect(() => parseRunSummary(without)).toThrow("summary.json, label: expected");
  });

  test.each([
    ["format", "vaeport-vae"],
    ["version", 0],
    ["latent.size", 0],
    ["example", encodeTensor(new Float32Array(12), [1, 12])],
  ])("with %s broken is refused", (field, value) => {
    const error = thrown(() => parseRunSummary(set(rawSummary(), field, value)));
    expect(error.message).toContain(`summary.json, ${field}`);
  });
});

describe("tensor records", () => {
  test("hold every float32 to the bit", () => {
    const bits = Uint32Array.of(0, 0x80000000, 1, 0x7f7fffff, 0x7f800000, 0xff800000, 0x3f800000);
    const record = encodeTensor(new Float32Array(bits.buffer), [7]);
    const { data, shape } = decodeTensor(record);
    expect(shape).toEqual([7]);
    expect(new Uint32Array(data.buffer)).toEqual(bits);
  });

  test("are little-endian", () => {
    expect(encodeTensor(Float32Array.of(1), [1, 1])).toEqual({ shape: [1, 1], data: "AACAPw==" });
  });

  test("hold tensors longer than one chunk", () => {
    const data = Float32Array.from({ length: 50_000 }, (_, index) => index);
    expect(decodeTensor(encodeTensor(data, [50, 1000])).data).toEqual(data);
  });

  test("with another length than their shape are refused", () => {
    expect(thrown(() => encodeTensor(new Float32Array(3), [2, 2])).field).toBe("shape");
    expect(thrown(() => encodeTensor(new Float32Array(0), [0])).field).toBe("shape[0]");
    expect(thrown(() => decodeTensor({ shape: [2], data: "AACAPw==" })).field).toBe("data");
  });
});
