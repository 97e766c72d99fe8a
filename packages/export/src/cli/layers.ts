/** `vaeport-export layers`: a model.json to an ONNX file. */
import { writeFileWhole } from "#files";
import { exportOnnx } from "../export-onnx.js";
import { printGraph } from "../ir/print.js";
import type { Value } from "../ir/types.js";
import { loadLayersModel } from "../source/load.js";
import { calmTensorFlow, print } from "./output.js";

export interface LayersOptions {
  output: string;
  force?: boolean;
  print?: boolean;
  json?: boolean;
}

export async function exportLayers(location: string, options: LayersOptions): Promise<void> {
  await calmTensorFlow();
  const { bytes, graph } = exportOnnx(await loadLayersModel(location));
  writeFileWhole(options.output, bytes, options.force ?? false);
  const tensors = (values: readonly Value[]) => values.map(({ name, shape }) => ({ name, shape }));
  const result = {
    file: options.output,
    bytes: bytes.byteLength,
    opset: graph.opset,
    nodes: graph.nodes.length,
    inputs: tensors(graph.inputs),
    outputs: tensors(graph.outputs),
  };
  if (options.json) return print(JSON.stringify(result));
  if (options.print) print(printGraph(graph).trimEnd());
  const list = (values: readonly Value[]) =>
    values.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  print(
    `${result.file}: ${result.bytes.toLocaleString("en")} bytes, ${result.nodes} ${result.nodes === 1 ? "node" : "nodes"}`,
  );
  print(`  inputs  ${list(graph.inputs)}`);
  print(`  outputs ${list(graph.outputs)}`);
}
