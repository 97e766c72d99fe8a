/** The graphs of exported repositories on OpenVINO's runtime, which OpenVINO Model Server serves; not the server itself. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModelFolder, tritonRepository, writeTritonRepository } from "@vaeport/export";
import { loadVae } from "@vaeport/infer";
import { seededUniform } from "@vaeport/infer/random";
import { afterAll, expect, test } from "vitest";
import { installPackages } from "../../../scripts/lib/python-packages.mjs";
import { record } from "../record.js";

const VERSION = "2026.4.1";
const ITEMS = 5;
const MODELS = ["mnist-dense-20", "mnist-conv-2", "fashion-conv-16"];

/** Encoder, decoder at the mean, score graph: their outputs one behind another. */
const RUN = `
import sys, numpy as np, openvino as ov
repository, source, target, shape = sys.argv[1], sys.argv[2], sys.argv[3], [int(size) for size in sys.argv[4:]]
def run(graph, **tensors):
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = ov.Core().compile_model(f"{repository}/m_{graph}/1/model.onnx", "CPU", options)
    results = model({port.any_name: tensors[port.any_name] for port in model.inputs})
    return {port.any_name: results[port] for port in model.outputs}
x = np.fromfile(source, "<f4").reshape(-1, *shape)
posterior = run("encoder", x=x)
parameters = run("decoder", z=posterior["mean"])
scores = run("score_graph", x=x, **posterior, **parameters)
outputs = [posterior["mean"], posterior["log_variance"], parameters["reconstruction"], scores["distortion"], scores["rate"]]
np.concatenate([output.ravel() for output in outputs]).astype("<f4").tofile(target)
`;

const scratch = mkdtempSync(join(tmpdir(), "vaeport-openvino-"));
const results: string[][] = [];
afterAll(() => {
  rmSync(scratch, { recursive: true });
  record("openvino", `Exported graphs on OpenVINO ${VERSION}, the runtime`, results);
});

test.each(MODELS)("%s gives the library's numbers", async (name) => {
  const PYTHONPATH = await installPackages("openvino", [`openvino==${VERSION}`, "numpy==2.4.6"]);
  const folder = fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
  const repository = join(scratch, name);
  writeTritonRepository(repository, tritonRepository(await readModelFolder(folder), { name: "m" }));
  await using vae = await loadVae(folder, { provider: "cpu" });
  const { shape } = vae.manifest.data;
  const x = Float32Array.from(seededUniform(3, ITEMS * shape.reduce((a, b) => a * b)));
  const [source, target] = [join(scratch, "x"), join(scratch, "y")];
  writeFileSync(source, x);
  execFileSync("python3", ["-c", RUN, repository, source, target, ...shape.map(String)], {
    env: { ...process.env, PYTHONPATH },
  });
  const { mean, logVariance } = await vae.encode(x);
  const { data: reconstruction } = await vae.reconstruct(x);
  const { distortion, rate } = await vae.score(x, { samples: 0 });
  const got = new Float32Array(Uint8Array.from(readFileSync(target)).buffer);
  let start = 0;
  const outputs = { mean: mean.data, logVariance: logVariance.data, reconstruction };
  for (const [output, expected] of Object.entries({ ...outputs, distortion, rate })) {
    const part = got.subarray(start, start + expected.length);
    start += expected.length;
    const error = Math.max(
      ...expected.map((value, i) => Math.abs(value - (part[i] ?? Number.NaN))),
    );
    const largest = Math.max(...expected.map(Math.abs));
    expect(error).toBeLessThanOrEqual(1e-5 + 1e-4 * largest);
    results.push([
      `${name}, ${output}: largest error, of values up to ${largest.toPrecision(3)}`,
      error.toExponential(1),
    ]);
  }
  expect(start).toBe(got.length);
});
