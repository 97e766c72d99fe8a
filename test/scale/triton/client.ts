/**
 * The client side of the Open Inference Protocol, version 2, over HTTP:
 * https://github.com/kserve/open-inference-protocol and, for binary tensors,
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
import type { Tensor } from "@vaeport/infer";

type Tensors = Record<string, Tensor>;

interface Output {
  name: string;
  shape: number[];
  data?: number[];
  parameters?: { binary_data_size: number };
}

/** What a server answers that refuses a request. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Runs a model on float32 inputs, as numbers in JSON. */
export async function inferJson(url: string, model: string, inputs: Tensors): Promise<Tensors> {
  const described = Object.entries(inputs).map(([name, { data, shape }]) => {
    return { name, shape, datatype: "FP32", data: Array.from(data) };
  });
  const { body } = await post(url, model, JSON.stringify({ inputs: described }), {});
  const { outputs } = JSON.parse(body.toString()) as { outputs: Output[] };
  const tensors = outputs.map(({ name, shape, data = [] }) => {
    return [name, { data: Float32Array.from(data), shape }] as const;
  });
  return Object.fromEntries(tensors);
}

/** Runs a model on float32 inputs, as bytes behind a JSON head, both ways. */
export async function inferBinary(url: string, model: string, inputs: Tensors): Promise<Tensors> {
  const described = Object.entries(inputs).map(([name, { data, shape }]) => {
    return { name, shape, datatype: "FP32", parameters: { binary_data_size: data.byteLength } };
  });
  const head = Buffer.from(
    JSON.stringify({ inputs: described, parameters: { binary_data_output: true } }),
  );
  const bytes = Object.values(inputs).map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  const { body, headers } = await post(url, model, Buffer.concat([head, ...bytes]), {
    "Inference-Header-Content-Length": String(head.length),
    "Content-Type": "application/octet-stream",
  });
  let end = Number(headers.get("Inference-Header-Content-Length"));
  const { outputs } = JSON.parse(body.subarray(0, end).toString()) as { outputs: Output[] };
  const tensors = outputs.map(({ name, shape, parameters }) => {
    const start = end;
    end += parameters?.binary_data_size ?? 0;
    const data = new Float32Array(Uint8Array.from(body.subarray(start, end)).buffer);
    return [name, { data, shape }] as const;
  });
  return Object.fromEntries(tensors);
}

/** Items and executions of a model since the server began. */
export async function statistics(url: string, model: string) {
  const answer = await fetch(`${url}/v2/models/${model}/stats`);
  const { model_stats } = (await answer.json()) as {
    model_stats: { inference_count: number; execution_count: number }[];
  };
  const { inference_count: items = 0, execution_count: executions = 0 } = model_stats[0] ?? {};
  return { items, executions };
}

async function post(
  url: string,
  model: string,
  body: string | Buffer,
  headers: Record<string, string>,
) {
  const answer = await fetch(`${url}/v2/models/${model}/infer`, {
    method: "POST",
    body: body as BodyInit,
    headers,
  });
  const content = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Refusal(answer.status, JSON.parse(content.toString()).error);
  return { body: content, headers: answer.headers };
}
