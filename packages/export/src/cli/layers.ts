/** `vaeport-export layers`: a model.json to an ONNX file. */
import { writeFileWhole } from "#files";
import { type ExportOptions, exportOnnx } from "../export-onnx.js";
import type { ImageLayout } from "../export-options.js";
import { printGraph } from "../ir/print.js";
import type { Value } from "../ir/types.js";
import { loadLayersModel } from "../source/load.js";
import { checkExport, describeDifference } from "./check.js";
import { calmTensorFlow, print } from "./output.js";

export interface LayersOptions {
  output: string;
  force?: boolean;
  print?: boolean;
  unrollRecurrent?: boolean;
  opset?: string;
  layout?: ImageLayout;
  metadata?: Record<string, string>;
  check?: boolean;
  checkInput?: string;
  json?: boolean;
}

export async function exportLayers(location: string, options: LayersOptions): Promise<void> {
  await calmTensorFlow();
  const model = await loadLayersModel(location);
  const exported = exportOnnx(model, exportOptions(options));
  const { bytes, graph } = exported;
  const check =
    options.check || options.checkInput
      ? await checkExport(model, exported, options.checkInput)
      : [];
  writeFileWhole(options.output, bytes, options.force ?? false);
  const tensors = (values: readonly Value[]) =>
    values.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
  const result = {
    file: options.output,
    bytes: bytes.byteLength,
    opset: graph.opset,
    nodes: graph.nodes.length,
    inputs: tensors(graph.inputs),
    outputs: tensors(graph.outputs),
    ...(check.length > 0 ? { check } : {}),
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
  for (const line of check) print(`  check   ${describeDifference(line)}`);
}

function exportOptions({ unrollRecurrent, opset, layout, metadata }: LayersOptions): ExportOptions {
  return {
    ...(unrollRecurrent === undefined ? {} : { unrollRecurrent }),
    ...(opset === undefined ? {} : { opset: Number(opset) }),
    ...(layout === undefined ? {} : { layout }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
