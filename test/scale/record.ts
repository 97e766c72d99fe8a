/** Dated results of the nightly tests, in bench/results. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../scripts/lib/folders.mjs";
import { describeRun } from "../../scripts/lib/machine.mjs";

/** Writes `bench/results/<file>.md`: a table of what was measured. */
export function record(file: string, title: string, rows: readonly (readonly string[])[]): void {
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
  writeFileSync(
    join(folder, `${file}.md`),
    `# ${title}

${describeRun("npm run test:nightly")}

| what | result |
| --- | --- |
${lines.join("\n")}
`,
  );
}
