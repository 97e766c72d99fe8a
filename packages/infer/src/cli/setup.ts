/** `vaeport-infer setup cuda`: what onnxruntime-node lacks for the cuda provider. */
import { planCuda, provideCuda } from "../setup/cuda.js";
import { type Command, EXIT, printJson, UsageError } from "./command.js";

export const setup: Command = {
  summary: "fetches what onnxruntime-node lacks for the cuda provider",
  help: `Usage: vaeport-infer setup cuda [--dry-run] [--json]

Fetches ONNX Runtime's CUDA provider and NVIDIA's CUDA 13 and cuDNN 9 libraries with pip, checks their SHA-256, keeps
them in the user's cache (VAEPORT_CACHE names another folder) and links them beside onnxruntime-node. No Python
code of theirs runs, no LD_LIBRARY_PATH is needed. NVIDIA's driver is not part of it: \`vaeport-infer doctor cuda\`.

  --dry-run   say what would be fetched, how large it is and where it goes
  --json      print the result as JSON`,
  options: { "dry-run": { type: "boolean" }, json: { type: "boolean" } },
  async run({ positionals, values, signal }) {
    if (positionals.join() !== "cuda") {
      const got = positionals.length === 0 ? "nothing" : JSON.stringify(positionals.join(" "));
      throw new UsageError(`setup: expected cuda; got ${got}.`);
    }
    const plan = await planCuda();
    const say = (line: string) => console.error(line);
    const result = values["dry-run"] ? plan : await provideCuda(plan, { say, signal });
    if (values.json) printJson(result);
    else if (result === plan) describe(plan);
    else console.log("The CUDA provider is set up. Try it: npx vaeport-infer doctor cuda");
    return EXIT.done;
  },
};

function describe({ wheels, folder, target }: Awaited<ReturnType<typeof planCuda>>): void {
  for (const { project, version, megabytes } of wheels) {
    console.log(`${`${project} ${version}`.padEnd(36)} ${String(megabytes).padStart(4)} MB`);
  }
  console.log(`unpacked into ${folder}\nlinked from   ${target}`);
}
