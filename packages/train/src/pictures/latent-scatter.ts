/** Posterior means of held-out items in the two latent dimensions of the largest rate, coloured by class. */
import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import type { TensorFlow } from "../tensorflow/index.js";
import { axis, CHART_DENSITY, drawChart, type Place } from "./chart.js";
import { createFigure, INK } from "./figure.js";
import { dimensionLabel, dimensionsByRate, encodeHeldOut, type PictureSource } from "./source.js";

/** Points are no longer told apart above this number. */
const MOST_POINTS = 3000;
const SIDE = { width: 760, height: 640 };

/** Ten colours that are told apart, after Tableau's; more classes share one. */
const COLOURS = [
  ...["#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f"],
  ...["#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#1f2430"],
];

interface Group {
  label: string;
  colour: string;
  points: { x: number; y: number }[];
}

export function drawLatentScatter(tf: TensorFlow, source: PictureSource): Canvas | undefined {
  const [first, second] = dimensionsByRate(source);
  if (!first || !second) return undefined;
  const count = Math.min(MOST_POINTS, source.dataset.test.shape[0]);
  const groups = groupsOf(tf, source, count, [first.dimension, second.dimension]);
  const figure = createFigure(
    SIDE,
    {
      title: `${source.config.name}: latent space`,
      subtitle: `Posterior means of ${count} held-out items in the two dimensions of the largest rate`,
    },
    CHART_DENSITY,
  );
  const { context, left, top } = figure;
  const axes = [dimensionLabel(first), dimensionLabel(second)] as const;
  drawGroups(context, { ...SIDE, left, top }, groups, axes);
  return figure.canvas;
}

function groupsOf(
  tf: TensorFlow,
  source: PictureSource,
  count: number,
  [first, second]: readonly [number, number],
): Group[] {
  const { labels } = source.dataset;
  const names = labels && labels.names.length <= COLOURS.length ? labels.names : ["held-out items"];
  const groups = names.map((label, i): Group => ({ label, colour: COLOURS[i]!, points: [] }));
  const [means, classes] = tf.tidy(() => {
    const { mean, labels } = encodeHeldOut(tf, source, count);
    return [mean.arraySync(), labels];
  });
  means.forEach((mean, i) => {
    const group = groups[names.length > 1 ? classes![i]! : 0]!;
    group.points.push({ x: mean[first]!, y: mean[second]! });
  });
  return groups;
}

function drawGroups(
  context: SKRSContext2D,
  place: Place,
  groups: readonly Group[],
  [x, y]: readonly [string, string],
): void {
  const datasets = groups.map(({ label, colour, points }) => ({
    ...{ label, data: points, pointRadius: 2, pointBorderWidth: 0 },
    ...{ backgroundColor: `${colour}b0`, borderColor: colour },
  }));
  const legend = {
    display: groups.length > 1,
    position: "right" as const,
    labels: { color: INK, usePointStyle: true, boxWidth: 8, boxHeight: 8 },
  };
  drawChart(context, place, {
    type: "scatter",
    data: { datasets },
    options: { plugins: { legend }, scales: { x: axis(x), y: axis(y) } },
  });
}
