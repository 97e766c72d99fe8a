/** Triton model repositories: their configs, read by Triton's own schema, and what is refused. */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  OptionError,
  printModelConfig,
  readModelFolder,
  SourceError,
  TargetError,
  tritonRepository,
  writeTritonRepository,
} from "@vaeport/export";
import { ManifestError } from "@vaeport/infer/manifest";
import { afterAll, describe, expect, test } from "vitest";
import { runPython } from "./support/python.js";

const scratch = mkdtempSync(join(tmpdir(), "vaeport-triton-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const fixtures = fileURLToPath(new URL("../../infer/test/fixtures/", import.meta.url));
const models = fileURLToPath(new URL("../../../models/", import.meta.url));
const bin = fileURLToPath(new URL("../bin/vaeport-export.js", import.meta.url));

const FOLDERS = {
  "mnist-dense-20": join(models, "mnist-dense-20"),
  conditional: join(fixtures, "tiny-conditional"),
  "full covariance": join(fixtures, "tiny-full"),
};

/** model_config.proto as generated code, from the wheel tritonclient, reads the texts on standard input. */
const SCHEMA = `
import importlib.util, json, sys
from pathlib import Path
from google.protobuf import json_format, text_format
path = next(p for p in map(lambda p: Path(p, "tritonclient/grpc/model_config_pb2.py"), sys.path) if p.exists())
spec = importlib.util.spec_from_file_location("model_config_pb2", path)
schema = importlib.util.module_from_spec(spec)
spec.loader.exec_module(schema)
parse = lambda text: text_format.Parse(text, schema.ModelConfig())
read = lambda text: json_format.MessageToDict(parse(text), preserving_proto_field_name=True)
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

async function readBySchema(texts: readonly string[]): Promise<unknown[]> {
  return JSON.parse(await runPython(SCHEMA, [], JSON.stringify(texts)));
}

/** Protobuf's JSON holds 64-bit numbers as text and maps as objects. */
function asProtobufJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asProtobufJson);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, field]) => {
    if (name === "dims") return [name, field.map(String)];
    if (/^model_version$|microseconds$/.test(name)) return [name, String(field)];
    if (!name.endsWith("_map")) return [name, asProtobufJson(field)];
    const pairs = (field as { key: string; value: string }[]).map((pair) => [pair.key, pair.value]);
    return [name, Object.fromEntries(pairs)];
  });
  return Object.fromEntries(entries);
}

describe.each(Object.entries(FOLDERS))("%s", (_, folder) => {
  test("every config is what Triton's schema reads", async () => {
    const { models, files } = tritonRepository(await readModelFolder(folder));
    const configs = Object.values(models);
    const texts = configs.map(({ name }) =>
      new TextDecoder().decode(files[`${name}/config.pbtxt`]),
    );
    expect(await readBySchema(texts)).toEqual(configs.map(asProtobufJson));
    expect(texts.join("\n")).toMatchSnapshot();
  });
});

test("the schema refuses what is no ModelConfig", async () => {
  const { models } = tritonRepository(await readModelFolder(FOLDERS.conditional));
  const text = printModelConfig(models.encoder);
  await expect(readBySchema([text.replace("dims", "shape")])).rejects.toThrow(
    /no field named "shape"/,
  );
  await expect(readBySchema([text.replace("TYPE_FP32", "FLOAT")])).rejects.toThrow(/FLOAT/);
});

test("graphs lie beside their configs, and ensembles have a version folder", async () => {
  const folder = await readModelFolder(FOLDERS.conditional);
  const out = join(scratch, "repository");
  writeTritonRepository(out, tritonRepository(folder, { name: "digits" }));
  expect(readdirSync(out).sort()).toEqual([
    "digits_decoder",
    "digits_encoder",
    "digits_reconstruct",
    "digits_score",
    "digits_score_graph",
  ]);
  const model = readFileSync(join(out, "digits_encoder", "1", "model.onnx"));
  expect(model.equals(folder.graphs.encoder)).toBe(true);
  expect(readdirSync(join(out, "digits_score", "1"))).toEqual([".keep"]);
});

test("batching is as asked", async () => {
  const folder = await readModelFolder(FOLDERS.conditional);
  const { models } = tritonRepository(folder, {
    maxBatchSize: 8,
    preferredBatchSizes: [8, 2],
    maxQueueDelayMicroseconds: 0,
  });
  expect(models.decoder).toMatchObject({
    max_batch_size: 8,
    dynamic_batching: { preferred_batch_size: [2, 8], max_queue_delay_microseconds: 0 },
  });
  expect(tritonRepository(folder, { maxBatchSize: 1 }).models.encoder).toMatchObject({
    dynamic_batching: { preferred_batch_size: [1] },
  });
});

test.each([
  [{ maxBatchSize: 0 }, "maxBatchSize: expected a whole number from 1 to 2147483647, got 0."],
  [
    { preferredBatchSizes: [65] },
    "preferredBatchSizes (maxBatchSize 64): expected a whole number from 1 to 64, got 65.",
  ],
  [{ maxQueueDelayMicroseconds: -1 }, /from 0 to \d+, got -1/],
  [{ name: "a/b" }, 'name: expected letters, digits, "_" and "-", got "a/b".'],
])("refuses options out of range: %j", async (options, message) => {
  const folder = await readModelFolder(FOLDERS.conditional);
  expect(() => tritonRepository(folder, options)).toThrow(OptionError);
  expect(() => tritonRepository(folder, options)).toThrow(message);
});

describe("a folder that is no model", () => {
  const copy = (name: string) => {
    const folder = join(scratch, name);
    cpSync(FOLDERS.conditional, folder, { recursive: true });
    return folder;
  };

  test("without vae.json", async () => {
    await expect(readModelFolder(scratch)).rejects.toThrow(SourceError);
    await expect(readModelFolder(scratch)).rejects.toThrow(/vae.json: there is no such file/);
  });

  test("with a broken vae.json", async () => {
    const folder = copy("broken");
    writeFileSync(join(folder, "vae.json"), '{"format": "other"}');
    await expect(readModelFolder(folder)).rejects.toThrow(ManifestError);
    writeFileSync(join(folder, "vae.json"), "{");
    await expect(readModelFolder(folder)).rejects.toThrow(/is not JSON. Is this a model folder/);
  });

  test("with a graph that was changed or cut off", async () => {
    const folder = copy("changed");
    const file = join(folder, "decoder.onnx");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    await expect(readModelFolder(folder)).rejects.toThrow(
      /decoder.onnx is not the file of vae.json/,
    );
    writeFileSync(file, bytes.subarray(9));
    await expect(readModelFolder(folder)).rejects.toThrow(SourceError);
  });

  test("with a graph of another model, or none at all", async () => {
    const conditional = await readModelFolder(FOLDERS.conditional);
    const { graphs } = await readModelFolder(FOLDERS["full covariance"]);
    const error = () => tritonRepository({ ...conditional, graphs });
    expect(error).toThrow(SourceError);
    expect(error).toThrow(/encoder: no output log_variance; it has mean, scale_tril/);
    const encoder = graphs.encoder.subarray(0, 100);
    expect(() => tritonRepository({ ...conditional, graphs: { ...graphs, encoder } })).toThrow(
      "The encoder graph is no ONNX file, or is cut off.",
    );
  });

  test("without the precision asked for", async () => {
    await expect(readModelFolder(FOLDERS.conditional, "int8")).rejects.toThrow(
      /precision: .* holds float32, float16, got int8/,
    );
  });
});

test("a folder in use is replaced by force alone, and only by a repository of the same model", async () => {
  const repository = tritonRepository(await readModelFolder(FOLDERS.conditional));
  const out = join(scratch, "target");
  mkdirSync(out);
  writeTritonRepository(out, repository); // an empty folder is no obstacle
  expect(() => writeTritonRepository(out, repository)).toThrow(TargetError);
  writeTritonRepository(out, repository, { force: true });
  rmSync(join(out, repository.models.reconstruct.name), { recursive: true });
  const again = () => writeTritonRepository(out, repository, { force: true });
  expect(again).toThrow(/holds other things than tiny-conditional_reconstruct/);
});

function vaeportExport(...args: string[]) {
  return new Promise<{ code: unknown; output: string; errors: string }>((done) => {
    execFile(process.execPath, [bin, ...args], (error, output, errors) => {
      done({ code: error?.code ?? 0, output, errors });
    });
  });
}

test("on the command line", async () => {
  const out = join(scratch, "cli");
  const args = ["triton", FOLDERS["mnist-dense-20"], "-o", out];
  const done = await vaeportExport(...args, "--name", "mnist", "--max-batch-size", "32");
  expect(done).toMatchObject({ code: 0, errors: "" });
  expect(done.output).toContain("5 models, batches of up to 32 items\n");
  expect(done.output).toContain("  mnist_score        x -> distortion, rate\n");
  expect(await vaeportExport(...args)).toMatchObject({
    code: 1,
    errors: `vaeport-export: ${out} exists. Pass --force (force: true) to replace it.\n`,
  });
  const wrong = await vaeportExport(...args, "--max-batch-size", "many");
  expect(wrong.code).toBe(2);
  const beyond = await vaeportExport(...args, "--preferred-batch-sizes", "100");
  expect(beyond).toMatchObject({ code: 2, errors: expect.stringMatching(/from 1 to 64, got 100/) });
  const json = await vaeportExport("triton", FOLDERS.conditional, "-o", `${out}-2`, "--json");
  expect(JSON.parse(json.output).models.reconstruct.name).toBe("tiny-conditional_reconstruct");
});
