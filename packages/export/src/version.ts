/** Who wrote a file: stored in ONNX files and in `vae.json`; the version of package.json. */
export const PRODUCER = { name: "@vaeport/export", version: "0.1.0" } as const;
