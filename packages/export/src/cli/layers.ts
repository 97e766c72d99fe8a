/** `vaeport-export layers`: a model.json to an ONNX file. */
import { needFree } from "#files";
import { CheckError } from "../errors.js";
import { openedGraph, writeGraph } from "../export-file.js";
import type { ExportOptions } from "../export-onnx.js";
import type { ImageLayout, Precision } from "../export-options.js";
import { printGraph } from "../ir/print.js";
import type { Graph, Value } from "../ir/types.js";
import { MAX_INLINE_BYTES, serialize, weightBytes } from "../proto/serialize.js";
import { loadLayersModel } from "../source/load.js";
import { openModel } from "../source/open.js";
import { PRODUCER } from "../version.js";
import { checkExport, describeDifference } from "./check.js";
import { type GraphFlags, graphOptions } from "./flags.js";
import { calmTensorFlow, print } from "./output.js";

/** Progress is shown from this size on. */
const SLOW_BYTES = 1e8;

export interface LayersOptions extends GraphFlags {
  output: string;
  force?: boolean;
  print?: boolean;
  unrollRecurrent?: boolean;
  layout?: ImageLayout;
  precision?: Precision;
  borderPrecision?: "float32" | "float16";
  externalData?: boolean;
  check?: boolean;
  checkInput?: string;
  json?: boolean;
}

export async function exportLayers(location: string, options: LayersOptions): Promise<void> {
  const { output, force = false, externalData, precision = "float32" } = options;
  needFree([output], force);
  await calmTensorFlow();
  const opened = await openModel(location);
  const graph = openedGraph(opened, exportOptions(options));
  const files = { force, onProgress, ...(externalData === undefined ? {} : { externalData }) };
  const checked = (options.check ?? precision !== "float32") || options.checkInput !== undefined;
  const check = checked ? await compare(location, graph, options) : [];
  const written = writeGraph(graph, output, files).files;
  const tensors = (values: readonly Value[]) =>
    values.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
  const result = {
    file: output,
    bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(written[1] && { data: written[1].path }),
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
  if (result.data) print(`  weights ${result.data}`);
  print(`  inputs  ${list(graph.inputs)}`);
  print(`  outputs ${list(graph.outputs)}`);
  for (const line of check) print(`  check   ${describeDifference(line)}`);
}

async function compare(location: string, graph: Graph, options: LayersOptions) {
  const { precision = "float32", checkInput: inputFile } = options;
  if (weightBytes(graph) > MAX_INLINE_BYTES) {
    throw new CheckError("--check takes models of up to 2 GB. Leave it out, and run the files.");
  }
  const exported = { bytes: serialize(graph, PRODUCER), graph };
  return checkExport(await loadLayersModel(location), exported, { precision, inputFile });
}

/** On a terminal, for models that take a while. */
function onProgress(written: number, total: number): void {
  if (total < SLOW_BYTES || !process.stderr.isTTY) return;
  const share = Math.round((100 * written) / total);
  process.stderr.write(
    `\r${share} % of ${total.toLocaleString("en")} bytes${written === total ? "\n" : ""}`,
  );
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
