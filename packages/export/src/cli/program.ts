/** Commands and options of `vaeport-export`. */
import { Command, InvalidArgumentError, Option } from "commander";
import { PRODUCER } from "../version.js";
import { exportLayers, type LayersOptions } from "./layers.js";
import { exportTriton, type TritonCommandOptions } from "./triton.js";
import { exportRun, type VaeOptions } from "./vae.js";

export function makeProgram(): Command {
  const program = new Command("vaeport-export")
    .description("Export tf.js LayersModels to ONNX.")
    .version(PRODUCER.version)
    .showHelpAfterError("(--help lists commands and options)")
    .exitOverride();

  program
    .command("layers", { isDefault: true })
    .summary("any LayersModel (the default command)")
    .description("Export a tf.js LayersModel.")
    .argument("<model.json>", "path or http(s) address of the model, its weight files beside it")
    .requiredOption("-o, --output <file>", "ONNX file to write")
    .option("--force", "replace the file if it exists")
    .option("--print", "print the graph")
    .option("--unroll-recurrent", "write recurrent layers step by step, for WebGPU")
    .option("--check", "first compare with tf.js on random input; needs onnxruntime-node")
    .option("--check-input <file>", "as --check, on the arrays of a JSON file, by input name")
    .option("--json", "print what was written as JSON")
    .action((model: string, options: LayersOptions) => exportLayers(model, options));

  program
    .command("vae")
    .summary("a trained variational autoencoder")
    .description("Export a trained variational autoencoder: encoder, decoder, score and vae.json.")
    .argument("<run-folder>", "folder of the training run")
    .requiredOption("-o, --output <folder>", "model folder to write")
    .option("--force", "replace the model folder if it exists")
    .option("--json", "print what was written as JSON")
    .action((run: string, options: VaeOptions) => exportRun(run, options));

  program
    .command("triton")
    .summary("a model repository for Triton, KServe or OpenVINO Model Server")
    .description(
      "Write a Triton model repository: three graphs, reconstruct and score as ensembles.",
    )
    .argument("<model-folder>", "folder that holds vae.json and its graphs")
    .requiredOption("-o, --output <folder>", "repository to write")
    .option("--name <name>", "what the models' names begin with (default: the model's name)")
    .addOption(
      new Option("--precision <name>", "variant to serve")
        .choices(["float32", "float16", "int8"])
        .default("float32"),
    )
    .option("--max-batch-size <n>", "most items of an execution (default: 64)", wholeNumber)
    .option(
      "--preferred-batch-sizes <n,n>",
      "batch sizes to run at once (default: a quarter, a half, all of the largest)",
      (text) => text.split(",").map(wholeNumber),
    )
    .option(
      "--max-queue-delay-microseconds <n>",
      "how long a request waits for others (default: 1000)",
      wholeNumber,
    )
    .option("--force", "replace the repository if it exists")
    .option("--json", "print what was written as JSON")
    .action((folder: string, options: TritonCommandOptions) => exportTriton(folder, options));

  return program;
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}
