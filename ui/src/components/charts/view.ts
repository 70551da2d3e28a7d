/** What a chart shows of its lines, and how its axes stand: worked out before anything is drawn. */

import { formatDuration, formatNumber, formatTime } from "../../lib/format";
import { below, extentX, extentY, padded } from "./extent";
import { type Axis, ticksOf } from "./ticks";
import type { Line, LineChartProps, Range, XKind } from "./types";

/** An axis as it is drawn: its scale is plain, and of the logarithm where `log` is. */
export interface AxisView extends Axis {
  /** The ends, in values of the data. */
  range: Range;
  /** The ends, on the scale. */
  scale: [number, number];
}

export interface View {
  x: AxisView;
  y: AxisView;
  notes: string[];
}

export const onScale = (axis: AxisView, value: number): number => (axis.log ? Math.log10(value) : value);
export const offScale = (axis: AxisView, place: number): number => (axis.log ? 10 ** place : place);

type Asked = Pick<LineChartProps, "lines" | "logX" | "logY" | "xKind">;

export function viewOf({ lines, logX = false, logY = false, xKind = "number" }: Asked, chosen: Range | null): View {
  const notes: string[] = [];
  const canX = logX && lines.some(({ x }) => x.some((value) => value > 0));
  const canY = logY && lines.some(({ y }) => y.some((value) => value !== null && value > 0));
  if (logX) notes.push(...omitted(lines, "x", canX));
  if (logY) notes.push(...omitted(lines, "y", canY));
  const whole = extentX(lines, canX) ?? { least: 0, most: 1 };
  const range = (chosen && closed(chosen, whole, canX)) ?? whole;
  const steps = xKind === "number" && lines.every((line) => Number.isInteger(line.x[0] ?? 0) && Number.isInteger(line.x[line.x.length - 1] ?? 0));
  const x = axisOf({ kind: xKind, log: canX, whole: steps }, range, range === whole ? 0.02 : 0);
  const y = axisOf({ kind: "number", log: canY, whole: false }, extentY(lines, range, canY) ?? { least: canY ? 0.1 : 0, most: 1 }, 0.06);
  return { x, y, notes };
}

/** A chosen range with its open ends where the data end; null where nothing of it is on the axis. */
function closed(chosen: Range, whole: Range, log: boolean): Range | null {
  const least = Number.isFinite(chosen.least) && !(log && chosen.least <= 0) ? chosen.least : whole.least;
  const most = Number.isFinite(chosen.most) ? chosen.most : whole.most;
  return least <= most ? { least, most } : null;
}

function axisOf(axis: Axis, { least, most }: Range, share: number): AxisView {
  const { log } = axis;
  const ends = log ? { least: Math.log10(least), most: Math.log10(most) } : { least, most };
  const scale = share > 0 || ends.least === ends.most ? padded(ends, share) : ends;
  const range = log ? { least: 10 ** scale.least, most: 10 ** scale.most } : scale;
  return { ...axis, range, scale: [scale.least, scale.most] };
}

function omitted(lines: readonly Line[], axis: "x" | "y", possible: boolean): string[] {
  if (!lines.some((line) => line.x.length > 0)) return [];
  if (!possible) return [`No ${axis} is above 0, so its axis is not logarithmic.`];
  const count = below(lines, axis);
  return count === 0 ? [] : [`${count} ${count === 1 ? "point" : "points"} at ${axis} ≤ 0 not shown.`];
}

/** The marks of an axis: where they are on its scale, and their texts. */
export function marksOf(axis: AxisView, count: number): { at: number[]; texts: string[] } {
  const { at, texts } = ticksOf(axis, axis.range.least, axis.range.most, count);
  return { at: at.map((value) => onScale(axis, value)), texts };
}

/** An x in words. */
export function xText(kind: XKind, value: number): string {
  return kind === "time" ? formatTime(value) : kind === "duration" ? formatDuration(value) : formatNumber(value, 7);
}
