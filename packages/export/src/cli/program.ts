/** Commands and options of `vaeport-export`. */
import { Command, InvalidArgumentError, Option } from "commander";
import { IMAGE_LAYOUTS, PRECISIONS } from "../export-options.js";
import { PRODUCER } from "../version.js";
import { metadataOption, opsetOption, precisionList } from "./flags.js";
import { exportLayers, type LayersOptions } from "./layers.js";
import { type ManifestOptions, makeManifest } from "./manifest.js";
import { exportTriton, type TritonCommandOptions } from "./triton.js";
import { exportRun, type VaeOptions } from "./vae.js";

export function makeProgram(): Command {
  const program = new Command("vaeport-export")
    .description("Export tf.js LayersModels to ONNX.")
    .version(PRODUCER.version)
    .showHelpAfterError("(--help lists commands and options)")
    .exitOverride()
    .hook("preAction", (_, command) => needOutput(command));

  program
    .command("layers", { isDefault: true })
    .summary("any LayersModel (the default command)")
    .description("Export a tf.js LayersModel.")
    .argument("<model.json>", "path or http(s) address of the model, its weight files beside it")
    .option("-o, --output <file>", "ONNX file to write")
    .option("--force", "replace the file if it exists")
    .option("--print", "print the graph")
    .addOption(opsetOption())
    .addOption(
      new Option("--layout <layout>", "axes of image inputs and outputs (default: NHWC)").choices(
        IMAGE_LAYOUTS,
      ),
    )
    .addOption(
      new Option(
        "--precision <name>",
        "of weights; float16 computes so too. Lower ones imply --check, to report their error",
      ).choices(PRECISIONS),
    )
    .addOption(
      new Option("--border-precision <name>", "of inputs and outputs with float16").choices([
        "float32",
        "float16",
      ]),
    )
    .addOption(metadataOption())
    .option("--external-data", "weights in a file of their own, <file>.data (default: above 2 GB)")
    .option("--unroll-recurrent", "write recurrent layers step by step, for WebGPU")
    .option("--check", "first compare with tf.js on random input; needs onnxruntime-node")
    .option("--no-check", "do not compare lower precisions either")
    .option("--check-input <file>", "as --check, on the arrays of a JSON file, by input name")
    .option("--json", "print what was written as JSON")
    .action((model: string, options: LayersOptions) => exportLayers(model, options));

  program
    .command("vae")
    .summary("a trained variational autoencoder")
    .description("Export a trained variational autoencoder: encoder, decoder, score and vae.json.")
    .argument("<run-folder>", "folder of the training run")
    .option("-o, --output <folder>", "model folder to write")
    .option(
      "--precision <names>",
      "variants to write beside float32, such as float16,int8; needs onnxruntime-node",
      precisionList,
    )
    .addOption(opsetOption())
    .addOption(metadataOption())
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
    .option("-o, --output <folder>", "repository to write")
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

  program
    .command("manifest")
    .summary("a model folder out of an encoder and a decoder made elsewhere")
    .description(
      "Validate two ONNX graphs made elsewhere against each other, and write score.onnx and vae.json beside them. " +
        "Names of inputs and outputs: the README of @vaeport/export. Needs onnxruntime-node.",
    )
    .argument(
      "<encoder.onnx>",
      "x, and label if there are classes -> mean, log_variance or scale_tril",
    )
    .argument(
      "<decoder.onnx>",
      "z, and label -> reconstruction and the likelihood's parameter, such as logits",
    )
    .option("-o, --output <folder>", "model folder to write")
    .option("--name <name>", "name of the model (default: the folder's)")
    .option("--description <text>", "a sentence on it")
    .option("--license <id>", "SPDX identifier of its licence")
    .option("--dataset <name>", "what it was trained on")
    .addOption(new Option("--layout <layout>", "of the items").choices(["NHWC", "NCHW", "flat"]))
    .option("--range <low,high>", "of the data (default: 0,1)", numberPair)
    .option("--binarised", "the data is black and white")
    .addOption(
      new Option("--likelihood <name>", "default: as the decoder's outputs have it").choices([
        "bernoulli",
        "continuous-bernoulli",
        "gaussian",
        "discretised-logistic",
      ]),
    )
    .option(
      "--parameter <name=value>",
      "fixed parameter of the likelihood; may be repeated",
      parameter,
    )
    .option("--classes <a,b>", "names of the classes", (text) => text.split(","))
    .option("--seed <n>", "of the stored check vector (default: 0)", wholeNumber)
    .option("--force", "replace the model folder if it exists")
    .option("--json", "print what was written as JSON")
    .action((encoder: string, decoder: string, options: ManifestOptions) =>
      makeManifest(encoder, decoder, options),
    );

  return program;
}

/** Every command writes. As a `requiredOption` it would be missed before an option that is not there is named. */
function needOutput(command: Command): void {
  const output = command.options.find(({ long }) => long === "--output");
  if (output === undefined || command.getOptionValue("output") !== undefined) return;
  command.error(`error: required option '${output.flags}' not specified`);
}

function numberPair(text: string): [number, number] {
  const [low, high, ...more] = text.split(",").map(Number);
  if (Number.isFinite(low) && Number.isFinite(high) && more.length === 0) {
    return [low as number, high as number];
  }
  throw new InvalidArgumentError("It must be two numbers, such as -1,1.");
}

function parameter(text: string, others: Record<string, number> = {}): Record<string, number> {
  const [, name, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && Number.isFinite(Number(value))) {
    return { ...others, [name]: Number(value) };
  }
  throw new InvalidArgumentError("It must be a name and a number, such as variance=0.1.");
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}
