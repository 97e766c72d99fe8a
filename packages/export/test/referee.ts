/**
 * The reference ONNX checker, in Python: `onnx.checker.check_model(full_check=True)`, which
 * includes strict shape inference; and every shape that a graph states against what the reference
 * infers without them. Its packages are installed into the user's cache on first use.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPython } from "./support/python.js";

const SCRIPT = `
import pathlib, sys, onnx

def sizes(value):
    return [d.dim_value or d.dim_param for d in value.type.tensor_type.shape.dim]

def check(path):
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    graph = model.graph
    stated = {value.name: sizes(value) for value in [*graph.value_info, *graph.output]}
    made = [name for node in graph.node for name in node.output if name]
    for name in made:
        if name not in stated or not all(stated[name]):
            raise ValueError(f"{name} has no full shape: {stated.get(name)}")
    del graph.value_info[:]
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True).graph
    for value in [*graph.value_info, *graph.output]:
        found = sizes(value)
        if len(found) != len(stated[value.name]) or any(
            isinstance(size, int) and size != own for size, own in zip(found, stated[value.name])
        ):
            raise ValueError(f"{value.name} is said to be {stated[value.name]}, onnx infers {found}")

paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for path in paths:
    try:
        check(path)
    except Exception as error:
        sys.exit(f"{path.name}: {error}")
print(len(paths))
`;

/** Checks all graphs in one Python process; throws the checker's message on a refusal. */
export async function checkOnnx(graphs: readonly Uint8Array[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "vaeport-referee-"));
  try {
    graphs.forEach((bytes, index) => {
      writeFileSync(join(folder, `${index}.onnx`), bytes);
    });
    const checked = (await runPython(SCRIPT, [folder])).trim();
    if (checked !== String(graphs.length)) throw new Error(`it checked ${checked} graphs`);
  } catch (cause) {
    throw new Error(`The ONNX checker refused a graph: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
