/** What each command computes for a range of rows, as columns of float32. */
import { InputError } from "../../errors.js";
import type { Vae } from "../../vae.js";
import type { Labels } from "./labels.js";
import type { Column } from "./npy.js";
import type { RowSource } from "./source.js";

/** Settings that the numbers follow from. */
export interface Settings {
  seed?: number | undefined;
  samples?: number | undefined;
  temperature?: number | undefined;
}

export interface Work {
  columns: Column[];
  run(start: number, count: number, signal: AbortSignal): Promise<Float32Array[]>;
}

export type WorkKind = "encode" | "score" | "reconstruct" | "sample";

/** `source` is undefined for `sample`, which reads nothing. */
export function makeWork(
  kind: WorkKind,
  vae: Vae,
  source: RowSource | undefined,
  labels: Labels,
  { seed, samples, temperature }: Settings,
): Work {
  const { data, latent } = vae.manifest;
  const k = latent.size;
  const spread = latent.posterior === "full" ? "scale_tril" : "log_variance";
  const options = async (offset: number, count: number, signal: AbortSignal) => {
    return { offset, seed, signal, label: await labels.read(offset, count) };
  };
  const read = (start: number, count: number) => {
    if (source === undefined) throw new InputError(`${kind}: expected images or a .npy file.`);
    return source.read(start, count);
  };
  switch (kind) {
    case "encode":
      return {
        columns: [
          { name: "mean", shape: [k] },
          { name: spread, shape: spread === "scale_tril" ? [k, k] : [k] },
        ],
        run: async (start, count, signal) => {
          const x = await read(start, count);
          const all = await options(start, count, signal);
          const { mean, logVariance, scaleTril } = await vae.encode(x, all);
          return [mean.data, (scaleTril ?? logVariance).data];
        },
      };
    case "score":
      return {
        columns: ["distortion", "rate", "elbo"].map((name) => ({ name, shape: [] })),
        run: async (start, count, signal) => {
          const x = await read(start, count);
          const all = { ...(await options(start, count, signal)), samples };
          const scores = await vae.score(x, all);
          return [scores.distortion, scores.rate, scores.elbo];
        },
      };
    case "reconstruct":
      return {
        columns: [{ name: "reconstruction", shape: data.shape }],
        run: async (start, count, signal) => {
          const x = await read(start, count);
          return [(await vae.reconstruct(x, await options(start, count, signal))).data];
        },
      };
    case "sample":
      return {
        columns: [{ name: "sample", shape: data.shape }],
        run: async (start, count, signal) => {
          const all = await options(start, count, signal);
          return [(await vae.sample(count, { ...all, temperature, seed: seed ?? 0 })).data];
        },
      };
  }
}
