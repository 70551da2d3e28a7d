/** Series as lines of a chart. */

import { smooth } from "../../../components/charts/smoothing";
import type { Line } from "../../../components/charts/types";
import type { Stroke } from "../../../lib/color";
import type { Series } from "../../../wire/types";
import type { AxisName } from "../api/compare-runs";

export interface Looks {
  label: (runId: string) => string;
  stroke: (runId: string) => Stroke | undefined;
}

/** One line a run that is shown; `stroke` is undefined for a run that is not. */
export function linesOf(series: readonly Series[], axis: AxisName, smoothing: number, { label, stroke }: Looks): Line[] {
  return series.flatMap((each) => {
    const look = stroke(each.run_id);
    if (look === undefined) return [];
    const values = each.values.map((value) => (typeof value === "number" ? value : null));
    const x = xOf(each, axis);
    const order = ascending(x) ? null : x.map((_, place) => place).sort((one, other) => (x[one] as number) - (x[other] as number));
    const y = order ? order.map((place) => values[place] ?? null) : values;
    return [{ key: each.run_id, label: label(each.run_id), x: order ? order.map((place) => x[place] as number) : x, y: smoothing > 0 ? smooth(y, smoothing) : y, raw: smoothing > 0 ? y : undefined, stroke: look }];
  });
}

function xOf({ steps, timestamps }: Series, axis: AxisName): readonly number[] {
  if (axis === "step") return steps;
  if (axis === "time") return timestamps;
  const first = timestamps.reduce((least, time) => Math.min(least, time), Infinity);
  return timestamps.map((time) => time - first);
}

const ascending = (values: readonly number[]) => values.every((value, place) => place === 0 || value >= (values[place - 1] as number));

/** A line that steps back keeps its colour, and lets the others through. */
export function steppedBack(stroke: Stroke): Stroke {
  return { ...stroke, color: `${stroke.color}26` };
}
