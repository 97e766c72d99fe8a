/** `vaeport-export layers`: a model.json to an ONNX file. */
import { writeFileWhole } from "#files";
import { type ExportOptions, exportOnnx } from "../export-onnx.js";
import type { ImageLayout, Precision } from "../export-options.js";
import { printGraph } from "../ir/print.js";
import type { Value } from "../ir/types.js";
import { loadLayersModel } from "../source/load.js";
import { checkExport, describeDifference } from "./check.js";
import { type GraphFlags, graphOptions } from "./flags.js";
import { calmTensorFlow, print } from "./output.js";

export interface LayersOptions extends GraphFlags {
  output: string;
  force?: boolean;
  print?: boolean;
  unrollRecurrent?: boolean;
  layout?: ImageLayout;
  precision?: Precision;
  borderPrecision?: "float32" | "float16";
  check?: boolean;
  checkInput?: string;
  json?: boolean;
}

export async function exportLayers(location: string, options: LayersOptions): Promise<void> {
  await calmTensorFlow();
  const model = await loadLayersModel(location);
  const exported = exportOnnx(model, exportOptions(options));
  const { bytes, graph } = exported;
  const { precision = "float32" } = options;
  const lower = precision !== "float32";
  const check =
    (options.check ?? lower) || options.checkInput
      ? await checkExport(model, exported, { precision, inputFile: options.checkInput })
      : [];
  writeFileWhole(options.output, bytes, options.force ?? false);
  const tensors = (values: readonly Value[]) =>
    values.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
  const result = {
    file: options.output,
    bytes: bytes.byteLength,
    opset: graph.opset,
    precision,
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

function exportOptions(options: LayersOptions): ExportOptions {
  const { unrollRecurrent, layout, precision, borderPrecision } = options;
  return {
    ...graphOptions(options),
    ...(unrollRecurrent === undefined ? {} : { unrollRecurrent }),
    ...(layout === undefined ? {} : { layout }),
    ...(precision === undefined ? {} : { precision }),
    ...(borderPrecision === undefined ? {} : { borderPrecision }),
  };
}
