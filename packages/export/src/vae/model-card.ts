/** The README.md of a model folder, written from its manifest. */
import type { GraphName, VaeManifest } from "@vaeport/infer/manifest";
import { describeDraw, describeTensors } from "./tensors.js";

const GRAPHS: readonly GraphName[] = ["encoder", "decoder", "score"];

/** The model card; `pictures` are names of files in pictures/, `ofTable` says whether columns.json is there. */
export function modelCard(
  manifest: VaeManifest,
  pictures: readonly string[],
  ofTable = false,
): string {
  const { name, description, license, data, latent, likelihood, condition, training } = manifest;
  const sections = [
    `# ${name}`,
    description,
    `A variational autoencoder of ${training.dataset}: items ${list(data.shape)} (${data.layout}), values ` +
      `${list(data.range)}, ${latent.size} latent dimensions, ${latent.posterior} posterior, ${likelihood.name} likelihood.` +
      (condition ? ` Conditional on the class: ${condition.names.join(", ")}.` : ""),
    "## Use",
    fence("js", usage(manifest)),
    "Any ONNX Runtime runs the graphs as well: opset 17, float32, open batch size N. Latent vectors are drawn outside, " +
      `${describeDraw(manifest)}.`,
    "## Files",
    graphTable(manifest),
    "`vae.json` describes them, with checksums and a vector to check a runtime against." +
      (ofTable
        ? " `columns.json` names the columns that an item holds: (value - `shift`) / `size` of each, 0 where the size is."
        : ""),
    ...variantSection(manifest.variants),
    "## Training",
    table(
      ["", ""],
      [
        ["dataset", training.dataset],
        ["epochs", String(training.epochs)],
        ["seed", String(training.seed)],
        ["configuration hash", training.configHash],
        ...Object.entries(training.versions),
      ],
    ),
    ...metricsSection(training.metrics),
    ...pictureSection(pictures),
    `License: ${license}.`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function usage({ condition }: VaeManifest): string {
  const label = condition ? `, label: ${condition.classes - 1}` : "";
  return `import { loadVae } from "@vaeport/infer";

const vae = await loadVae("path/to/this/folder/");
const images = await vae.sample(16, { seed: 1${label} });
console.log(images.shape, vae.runtime.chosen);
await vae.dispose();`;
}

function graphTable(manifest: VaeManifest): string {
  const rows = Object.values(manifest.variants).flatMap((variant) =>
    GRAPHS.map((name) => {
      const { file, bytes } = variant[name];
      return [file, `${bytes.toLocaleString("en")} bytes`, describeTensors(name, manifest)];
    }),
  );
  const files = new Map(rows.map((row) => [row[0], row])); // variants share the score graph
  return table(["file", "size", "tensors"], [...files.values()]);
}

/** What lower precisions do to the numbers. */
function variantSection({ float32: _, ...variants }: VaeManifest["variants"]): string[] {
  const rows = Object.entries(variants).map(([name, { errorAgainstFloat32 = {} }]) => {
    const errors = Object.entries(errorAgainstFloat32).map(
      ([output, error]) => `${output} ${error.toExponential(1)}`,
    );
    return [`\`precision: "${name}"\``, errors.join(", ")];
  });
  return rows.length === 0
    ? []
    : ["## Precisions", table(["for `loadVae`", "largest error against float32"], rows)];
}

function metricsSection(metrics: Readonly<Record<string, number>>): string[] {
  const show = (value: number) => (Number.isInteger(value) ? `${value}` : value.toPrecision(5));
  const rows = Object.entries(metrics).map(([key, value]) => [key, show(value)]);
  return rows.length === 0 ? [] : ["## Metrics", table(["metric", "value"], rows)];
}

function pictureSection(pictures: readonly string[]): string[] {
  const images = pictures.filter((file) => /\.(png|jpe?g|svg|webp)$/i.test(file));
  const links = images.map((file) => `![${file.replace(/\.\w+$/, "")}](pictures/${file})`);
  return links.length === 0 ? [] : ["## Pictures", links.join("\n\n")];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function list(values: readonly (number | string)[]): string {
  return `[${values.join(", ")}]`;
}
