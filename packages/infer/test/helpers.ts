/** What several suites share: the tiny model, its expected outputs, and a runtime made up for the occasion. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Adapter, Runtime, Session, Tensor } from "@vaeport/infer";
import { decodeTensor, parseManifest, type TensorRecord } from "@vaeport/infer/manifest";
import { createQueue } from "../src/queue.js";

export const FIXTURES = fileURLToPath(new URL("./fixtures/", import.meta.url));
export const TINY = `${FIXTURES}tiny-vae`;

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The tiny model's manifest, unparsed and fresh, for tests that break it. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach for any field to put nonsense there.
export function rawManifest(): any {
  return readJson(`${TINY}/vae.json`);
}

export function tinyFiles(): Record<string, Uint8Array> {
  const names = ["encoder.onnx", "decoder.onnx", "score.onnx"];
  return Object.fromEntries(
    names.map((name) => [name, new Uint8Array(readFileSync(`${TINY}/${name}`))]),
  );
}

export function tinyBytes() {
  return { manifest: rawManifest(), files: tinyFiles() };
}

/** Three items and what the float64 referee (fixtures/make.py) computes for them, noise from seed 7. */
export function expected(file = "expected.json"): Record<string, Tensor> {
  const records = readJson(`${FIXTURES}${file}`) as Record<string, TensorRecord>;
  return Object.fromEntries(
    Object.entries(records).map(([name, record]) => [name, decodeTensor(record)]),
  );
}

/** The largest error of an output, as a share of what the contract allows: 1 or less passes. */
export function errorShare(output: Float32Array, reference: Float32Array): number {
  const largest = reference.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const allowed = 1e-5 + 1e-4 * largest;
  const errors = reference.map((value, index) => Math.abs(output[index]! - value) / allowed);
  return output.length === reference.length ? Math.max(...errors) : Number.POSITIVE_INFINITY;
}

/** What a made-up provider does. */
export interface Behaviour {
  /** Thrown when it is opened. */
  absent?: Error;
  /** Opening waits for it. */
  opens?: Promise<void>;
  /** Thrown when a session is created. */
  broken?: Error;
  /** Added to every output. */
  error?: number;
  /** In place of the stored distortion. */
  distortion?: number;
  /** Thrown by a strict session; without `strict`, sessions say that they are partial. */
  partial?: Error;
  /** Thrown by each run whose turn is listed, counted from 0. */
  failingRuns?: readonly number[];
  /** What those runs throw. */
  failure?: unknown;
  /** Every run waits for it. */
  gate?: Promise<void>;
  /** The device's, which settles when it is lost. */
  lost?: Promise<unknown>;
  adapter?: Adapter;
}

/** A runtime whose sessions give the manifest's stored outputs for every item, and that writes down what is done with it. */
export function fakeRuntime(
  behaviours: Record<string, Behaviour>,
  auto: string[],
): Runtime & { events: string[]; onCreate(action: () => void): () => number } {
  const events: string[] = [];
  let created = 0;
  let afterCreate = () => {};
  const stored = parseManifest(rawManifest()).check.outputs;
  const graphs = [
    { name: "encoder", inputs: ["x"], outputs: ["mean", "log_variance"] },
    { name: "decoder", inputs: ["z"], outputs: ["reconstruction", "logits"] },
    {
      name: "score",
      inputs: ["x", "mean", "log_variance", "logits"],
      outputs: ["distortion", "rate"],
    },
  ];
  let runs = 0;
  const session = (provider: string, graph: number): Session => ({
    inputNames: graphs[graph]!.inputs,
    outputNames: graphs[graph]!.outputs,
    wholeGraph: behaviours[provider]!.partial === undefined,
    async run(feeds, fetches) {
      const { failingRuns, failure = new Error("the run failed"), gate } = behaviours[provider]!;
      const items = Object.values(feeds)[0]!.shape[0]!;
      events.push(`run ${graphs[graph]!.name} ${items}`);
      await gate;
      if (failingRuns?.includes(runs++)) throw failure;
      return Object.fromEntries(
        fetches.map((name) => {
          const { data, shape } = decodeTensor(stored[name]!);
          const { error = 0, distortion = data[0]! } = behaviours[provider]!;
          const item = name === "distortion" ? [distortion] : [...data];
          const values = Array.from({ length: items }, () => item).flat();
          const tensor = {
            data: Float32Array.from(values, (value) => value + error),
            shape: [items, ...shape.slice(1)],
          };
          return [name, tensor];
        }),
      );
    },
    async release() {
      events.push(`release ${provider}`);
    },
  });
  return {
    package: "fake",
    auto,
    remedies: { elsewhere: "Go there." },
    events,
    /** Calls back after each session that is created; gives their number. */
    onCreate(action) {
      afterCreate = action;
      return () => created;
    },
    resolve: (source) => new URL(source),
    read: () => Promise.reject(new Error("nothing to read")),
    providers: async () => Object.keys(behaviours),
    async open(provider) {
      const { absent, opens, broken, partial, adapter, lost } = behaviours[provider]!;
      events.push(`open ${provider}`);
      await opens;
      if (absent !== undefined) throw absent;
      let graph = 0;
      return {
        version: "1.0",
        adapter: adapter ?? null,
        queue: createQueue(),
        threads: () => 1,
        lost: () => lost,
        async createSession(_model, strict) {
          if (broken !== undefined) throw broken;
          if (strict && partial !== undefined) throw partial;
          created++;
          afterCreate();
          return session(provider, graph++);
        },
      };
    },
  };
}
