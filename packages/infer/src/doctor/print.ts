/** The doctor's report as text for people. */
import type { DoctorReport, ProviderReport } from "./types.js";

const INDENT = " ".repeat(10);

export function printReport(report: DoctorReport): string {
  const { version, node, platform, processors, packages, providers } = report;
  return [
    `@vaeport/infer ${version} on Node ${node}, ${platform}, ${processors} processors`,
    ...packages.map((entry) => {
      const note = entry.version === entry.wanted ? "" : `  (tested with ${entry.wanted})`;
      return `${entry.name} ${entry.version ?? "is not installed"}${note}`;
    }),
    "",
    ...providers.flatMap(providerLines),
  ].join("\n");
}

function providerLines({ provider, ok, milliseconds, threads, notes, ...rest }: ProviderReport) {
  const name = provider.padEnd(INDENT.length - 1);
  if (ok) {
    const using = threads === null ? "" : `, ${threads} ${threads === 1 ? "thread" : "threads"}`;
    return [`${name} runs (${milliseconds.toFixed(0)} ms${using})`, ...notes.map(indented)];
  }
  const { stage, advice, commands } = rest.remedy!;
  const passed = rest.passed?.length ? ` (there: ${rest.passed.join(", ")})` : "";
  return [
    `${name} does not run: ${stage}${passed}`,
    ...(rest.reason ?? "").split("\n").map((line) => indented(line.trim())),
    indented(advice),
    ...commands.map((command) => indented(`$ ${command}`)),
  ];
}

function indented(line: string): string {
  return INDENT + line;
}
