/** The commands that need no progress display: set up TensorFlow, draw pictures, export. */
import type { Command } from "commander";
import { drawPictures } from "../pictures/draw.js";
import { loadTensorFlow, setupTensorFlow } from "../tensorflow/index.js";
import { loadRunData } from "../training/run-data.js";
import { loadRun, picturesFolder, requireFinished } from "../training/run-folder.js";

interface Flags {
  json?: boolean;
}

interface ExportFlags extends Flags {
  output?: string;
  force?: boolean;
}

const JSON_FLAG = ["--json", "print the result as JSON"] as const;

export function addSetup(program: Command): void {
  program
    .command("setup")
    .description("provide native TensorFlow for tfjs-node")
    .option(...JSON_FLAG)
    .action(async ({ json }: Flags) => {
      const tensorflow = await setupTensorFlow({ log: (line) => console.error(line) });
      print(json, { tensorflow }, `TensorFlow ${tensorflow} is ready.`);
    });
}

export function addPictures(program: Command): void {
  program
    .command("pictures")
    .description("draw the pictures of a finished run again")
    .argument("<run folder>")
    .option(...JSON_FLAG)
    .action(async (folder: string, { json }: Flags) => {
      const tf = await loadTensorFlow();
      const run = await loadRun(tf, folder);
      const dataset = await loadRunData(tf, folder, run);
      const pictures = await drawPictures(tf, picturesFolder(folder), { ...run, dataset });
      print(json, { pictures }, pictures.join("\n"));
    });
}

export function addExport(program: Command): void {
  program
    .command("export")
    .description("export a finished run to ONNX: a model folder for @vaeport/infer")
    .argument("<run folder>")
    .option("-o, --output <model folder>", "where the model is written")
    .option("--force", "replace an earlier model in that folder")
    .option(...JSON_FLAG)
    .action(async (folder: string, flags: ExportFlags, command: Command) => {
      const { output, force = false, json } = flags;
      if (output === undefined) {
        return command.error("error: required option '-o, --output <model folder>' not specified");
      }
      await requireFinished(folder);
      await loadTensorFlow(); // the reference numbers that the export stores are then its own
      const { exportVae, readRun, writeModelFolder } = await import("@vaeport/export");
      const exported = await exportVae(await readRun(folder));
      await writeModelFolder(output, exported, { force });
      const files = Object.keys(exported.files);
      print(json, { folder: output, files }, `model  ${output}: ${files.join(", ")}`);
    });
}

function print(json: boolean | undefined, value: object, text: string): void {
  console.log(json ? JSON.stringify(value, null, 2) : text);
}
