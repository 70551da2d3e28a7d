/** A series of the server as a line of a chart. */

import { smooth } from "../../../components/charts/smoothing";
import type { Line } from "../../../components/charts/types";
import type { Stroke } from "../../../lib/color";
import type { Series } from "../../../wire/types";

export type Axis = "step" | "time" | "relative";

/** Infinite values are kept as the largest there are, as MLflow does. */
const LARGEST = Number.MAX_VALUE;

/** The value of a cell where it can be drawn. */
export function drawable(value: Series["values"][number]): number | null {
  return typeof value === "number" && Math.abs(value) < LARGEST ? value : null;
}

/** A value in words, which says what cannot be drawn too. */
export function valueOf(value: Series["values"][number]): string | number | null {
  if (typeof value === "number" && Math.abs(value) >= LARGEST) return value > 0 ? "Infinity" : "-Infinity";
  return typeof value === "boolean" ? String(value) : value;
}

export function placesOf(series: Series, axis: Axis): number[] {
  if (axis === "step") return series.steps;
  const first = axis === "relative" ? (series.timestamps[0] ?? 0) : 0;
  return series.timestamps.map((time) => time - first);
}

export function lineOf(series: Series, axis: Axis, smoothing: number, stroke: Stroke): Line {
  const y = series.values.map(drawable);
  const base = { key: series.metric, label: series.metric, x: placesOf(series, axis), stroke };
  return smoothing > 0 ? { ...base, y: smooth(y, smoothing), raw: y } : { ...base, y };
}

/** What a chart of the series leaves out, in words. */
export function notesOf(series: Series): string[] {
  const counts = new Map<string, number>();
  for (const value of series.values) {
    const read = valueOf(value);
    if (typeof read === "string") counts.set(read, (counts.get(read) ?? 0) + 1);
  }
  const odd = [...counts].map(([word, count]) => `${count} × ${word}`);
  const some = series.values.length < series.total ? [`${series.values.length.toLocaleString("en-US")} of ${series.total.toLocaleString("en-US")} points`] : [];
  return [...odd, ...some];
}
