/** Loads a model.json and exports it: `vaeport.mjs <model.json> <model.onnx>`; prints what it took as JSON. */
import { writeFileSync } from "node:fs";
import { exportOnnx, loadLayersModel } from "@vaeport/export";

const [source = "", target = ""] = process.argv.slice(2);
const started = performance.now();
const model = await loadLayersModel(source);
const loaded = performance.now();
const { bytes, graph } = exportOnnx(model);
writeFileSync(target, bytes);
const exported = performance.now();

console.log(
  JSON.stringify({
    load: (loaded - started) / 1000,
    export: (exported - loaded) / 1000,
    peak: process.resourceUsage().maxRSS * 1024,
    nodes: graph.nodes.length,
  }),
);
