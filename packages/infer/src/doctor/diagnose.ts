/** What a provider lacks, told from the texts of ONNX Runtime, CUDA, the dynamic linker and Dawn. */
import type { Remedy } from "./types.js";

/** What a failed try of a provider left behind. */
export interface Failure {
  /** The error's message and all that native code printed. */
  output: string;
  /** `process.platform` and `process.arch`, such as linux-x64. */
  platform: string;
  /** The signal or exit status that ended the process, when it did not end by itself. */
  crash?: string | undefined;
  /** Libraries of the provider that are not in onnxruntime-node's folder. */
  missingLibraries: readonly string[];
}

/** It brings provider and CUDA libraries alike. */
const SETUP_CUDA = "npx -p @vaeport/infer vaeport-infer setup cuda";

const REMEDIES = {
  "provider-library": {
    advice: "Fetch the CUDA provider, CUDA 13 and cuDNN 9 (1.6 GB, into your cache).",
    commands: [SETUP_CUDA],
  },
  "cuda-libraries": {
    advice: "The provider needs CUDA 13 and cuDNN 9. Fetch them (1.6 GB, into your cache).",
    commands: [SETUP_CUDA],
  },
  driver: {
    advice:
      "CUDA 13 needs NVIDIA's driver 580 or newer. In a container it is the host's: start it with `docker run --gpus all`.",
    commands: ["sudo apt-get install nvidia-driver-580"],
  },
  device: {
    advice: "The driver is there but offers no GPU: none is fitted, or it is hidden or busy.",
    commands: ["nvidia-smi", 'echo "$CUDA_VISIBLE_DEVICES"'],
  },
  vulkan: {
    advice: "WebGPU in Node goes through Vulkan, whose loader is not installed.",
    commands: ["sudo apt-get install libvulkan1"],
  },
  adapter: {
    advice:
      "There is no GPU driver that WebGPU takes. Mesa's is for AMD and Intel; NVIDIA's comes with its own driver.",
    commands: ["sudo apt-get install mesa-vulkan-drivers"],
  },
} as const;

function remedy(stage: keyof typeof REMEDIES, advice?: string): Remedy {
  const { advice: usual, commands } = REMEDIES[stage];
  return { stage, advice: advice ?? usual, commands: [...commands] };
}

/** What a machine needs for CUDA, each after the ones that it builds on. */
const CUDA_STAGES = [
  "platform",
  "package",
  "provider-library",
  "cuda-libraries",
  "driver",
  "device",
];

/** The stages that are passed when CUDA fails at this one. */
export function passedStages(provider: string, stage: string): string[] {
  const failed = provider === "cuda" ? CUDA_STAGES.indexOf(stage) : 0;
  return CUDA_STAGES.slice(0, Math.max(failed, 0));
}

/** The stage at which a provider fails, and what to do next. */
export function diagnose(provider: string, failure: Failure): Remedy {
  const known =
    packageMissing(failure) ??
    notBuiltIn(provider, failure) ??
    (provider === "cuda" ? cuda(failure) : provider === "webgpu" ? webgpu(failure) : undefined);
  if (known !== undefined) return known;
  const { crash } = failure;
  if (crash === undefined)
    return { stage: "unknown", advice: "The reason says more.", commands: [] };
  return { stage: "crash", advice: `The process ended with ${crash}.`, commands: [] };
}

function packageMissing({ output }: Failure): Remedy | undefined {
  const name = /Cannot load (onnxruntime-\w+)/.exec(output)?.[1];
  if (name === undefined) return undefined;
  const commands = [`npm install ${name}@1.30.0`];
  return { stage: "package", advice: `${name} is not installed, or does not load.`, commands };
}

/** Where the others are that this package has a name for. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  coreml: "onnxruntime-node has coreml on macOS only",
  dml: "onnxruntime-node has dml on Windows only",
  tensorrt: "onnxruntime-node has tensorrt on linux-x64 only",
  webnn: "webnn is a name of ONNX Runtime's that this package opens nowhere, in browsers neither",
};

function notBuiltIn(provider: string, { output, platform }: Failure): Remedy | undefined {
  const where = ELSEWHERE[provider];
  if (where === undefined || !/backend not found/.test(output)) return undefined;
  const advice = `${where}; this is ${platform}. \`vaeport-infer doctor\` lists what there is.`;
  return { stage: "platform", advice, commands: [] };
}

/** In the order in which CUDA's own loading fails: a later stage shows only when those before it are passed. */
function cuda({ output, platform, missingLibraries }: Failure): Remedy | undefined {
  if (platform !== "linux-x64") {
    const advice = `onnxruntime-node has CUDA on linux-x64 only; this is ${platform}.`;
    return { stage: "platform", advice, commands: [] };
  }
  const library = notOpened(output);
  if (missingLibraries.length > 0 || library?.startsWith("libonnxruntime_providers_")) {
    const names = missingLibraries.length > 0 ? missingLibraries.join(" and ") : library;
    return remedy("provider-library", `${names} missing. ${REMEDIES["provider-library"].advice}`);
  }
  if (library === "libcuda.so.1")
    return remedy("driver", `libcuda.so.1 missing. ${REMEDIES.driver.advice}`);
  if (library !== undefined) {
    return remedy("cuda-libraries", `${library} missing. ${REMEDIES["cuda-libraries"].advice}`);
  }
  const error = /CUDA (?:failure|error)[ :]+(\d+)/i.exec(output)?.[1];
  // https://docs.nvidia.com/cuda/cuda-runtime-api: 35 insufficient driver, 803 driver and library do not match.
  if (error === "35" || error === "803" || /driver version is insufficient/i.test(output)) {
    return remedy("driver", `The driver is older than CUDA 13 asks for. ${REMEDIES.driver.advice}`);
  }
  // 100 no device, 101 invalid device, 46 unavailable, 999 unknown (a driver that was not set up).
  if (error !== undefined || /no CUDA-capable device/i.test(output)) return remedy("device");
  if (/cudnn/i.test(output)) return remedy("cuda-libraries");
  return undefined;
}

/** The library that the dynamic linker looked for last in vain. */
function notOpened(output: string): string | undefined {
  const misses = [...output.matchAll(/([\w.+-]+\.so[\w.]*): cannot open shared object file/g)];
  return misses.at(-1)?.[1];
}

function webgpu({ output, platform }: Failure): Remedy | undefined {
  if (!platform.startsWith("linux")) return undefined;
  if (/Couldn't load Vulkan|libvulkan\.so/i.test(output)) return remedy("vulkan");
  if (/no supported adapters|no drivers|failed to get a webgpu adapter/i.test(output)) {
    return remedy("adapter");
  }
  return undefined;
}
