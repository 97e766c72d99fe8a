/** Options that several commands take. */
import { InvalidArgumentError, Option } from "commander";
import type { ExportOptions } from "../export-onnx.js";
import { PRECISIONS, type Precision } from "../export-options.js";
import { OPSETS } from "../proto/versions.js";

/** What `--opset` and `--metadata` give. */
export interface GraphFlags {
  opset?: string;
  metadata?: Record<string, string>;
}

export function graphOptions({
  opset,
  metadata,
}: GraphFlags): Pick<ExportOptions, "opset" | "metadata"> {
  return {
    ...(opset === undefined ? {} : { opset: Number(opset) }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

// An option is made anew for each command: commander keeps values inside.

export function opsetOption(): Option {
  return new Option("--opset <n>", "ONNX operator set (default: 17)").choices(OPSETS.map(String));
}

export function metadataOption(): Option {
  return new Option(
    "--metadata <key=value>",
    "text to store in the file; may be given several times",
  ).argParser((text, before: Record<string, string> = {}) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined) throw new InvalidArgumentError("It must be key=value.");
    return { ...before, [key]: value ?? "" };
  });
}

/** Names of precisions, separated by commas. */
export function precisionList(text: string): Precision[] {
  return text.split(",").map((name) => {
    const known = PRECISIONS.find((precision) => precision === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Each must be one of ${PRECISIONS.join(", ")}.`);
  });
}
