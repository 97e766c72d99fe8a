/** The public wheels that hold what the cuda provider needs, pinned; and which of their files are kept. */

export interface Wheel {
  project: string;
  version: string;
  sha256: string;
  /** To download. */
  megabytes: number;
}

/** The release of ONNX Runtime that the provider libraries belong to; they fit no other. */
export const ORT_VERSION = "1.30.0";

export const WHEELS: readonly Wheel[] = [
  {
    project: "onnxruntime-gpu",
    version: ORT_VERSION,
    sha256: "6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1",
    megabytes: 247,
  },
  {
    project: "nvidia-cublas",
    version: "13.10.0.20",
    sha256: "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84",
    megabytes: 444,
  },
  {
    project: "nvidia-cuda-runtime",
    version: "13.5.37",
    sha256: "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d",
    megabytes: 3,
  },
  {
    project: "nvidia-curand",
    version: "10.4.5.25",
    sha256: "22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529",
    megabytes: 77,
  },
  {
    project: "nvidia-cudnn-cu13",
    version: "9.28.1.4",
    sha256: "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec",
    megabytes: 517,
  },
  {
    project: "nvidia-cufft",
    version: "12.5.0.14",
    sha256: "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad",
    megabytes: 165,
  },
  {
    project: "nvidia-cuda-nvrtc",
    version: "13.5.37",
    sha256: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
    megabytes: 58,
  },
  {
    project: "nvidia-nvjitlink",
    version: "13.5.37",
    sha256: "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb",
    megabytes: 47,
  },
];

/** Megabytes that must be free: the wheels, and twice what they hold, since pip unpacks and then copies. */
export const NEEDED_MEGABYTES = 1600 + 2 * 2500;

/** What pip may choose from: the platforms that the wheels above are tagged with. */
export const PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64"];

/** ONNX Runtime's provider libraries and those of CUDA; the rest of the wheels is dropped. */
export const KEPT =
  /^(?:onnxruntime\/capi\/libonnxruntime_providers_(?:shared|cuda)\.so|nvidia\/(?:cu13|cudnn)\/lib\/lib[^/]+\.so[^/]*)$/;
