/** What is chosen on axes: a stretch of numbers, or some categories. Several axes together leave what all of them hold. */

import { type Cell, numberOf, type Scale } from "./scales";
import type { Range } from "./types";

export type Brush = Range | readonly string[];
export type Brushes = Readonly<Record<string, Brush>>;

export const isChosen = (brush: Brush): brush is readonly string[] => Array.isArray(brush);

export function holds(brush: Brush, value: Cell): boolean {
  if (isChosen(brush)) return value !== null && value !== undefined && brush.includes(String(value));
  const number = numberOf(value);
  return number !== null && number >= brush.least && number <= brush.most;
}

/** Whether something lies in all brushes; what has no value on a brushed axis does not. */
export function passes(brushes: Brushes, valueOn: (axis: string) => Cell): boolean {
  return Object.entries(brushes).every(([axis, brush]) => holds(brush, valueOn(axis)));
}

/** The brush between two places of an axis; null where nothing can lie there. */
export function brushBetween(scale: Scale, one: number, other: number): Brush | null {
  const [low, high] = [Math.max(0, Math.min(one, other)), Math.min(1, Math.max(one, other))];
  if (high <= low) return null;
  if (scale.kind !== "category") return { least: low === 0 ? short(scale.value(0), -1) : scale.value(low), most: high === 1 ? short(scale.value(1), 1) : scale.value(high) };
  const chosen = scale.categories.filter((name) => {
    const place = scale.place(name) ?? -1;
    return place >= low && place <= high;
  });
  return chosen.length ? chosen : null;
}

/** An end of the axis with a hair of room: what lies there is inside, whatever the rounding. */
const short = (value: number, side: -1 | 1): number => value + side * Math.abs(value) * 1e-12;

export type Span = [from: number, to: number];

/** The places of an axis that a brush covers; categories that lie beside one another are covered together. */
export function spansOf(scale: Scale, brush: Brush): Span[] {
  if (isChosen(brush)) {
    const half = 0.5 / Math.max(1, scale.categories.length);
    const places = brush.map((name) => scale.place(name)).filter((place) => place !== null);
    return joined(places.sort((one, other) => one - other).map((place) => [place - half, place + half]), half / 2);
  }
  if (scale.kind === "category") return [];
  const span: Span = [Math.max(0, scale.place(brush.least) ?? 0), Math.min(1, scale.place(brush.most) ?? 1)];
  return span[0] < span[1] ? [span] : [];
}

function joined(spans: readonly Span[], gap: number): Span[] {
  const all: Span[] = [];
  for (const [from, to] of spans) {
    const last = all[all.length - 1];
    if (last && from - last[1] < gap) last[1] = to;
    else all.push([from, to]);
  }
  return all;
}

export function withBrush(brushes: Brushes, axis: string, brush: Brush | null): Brushes {
  const others = Object.entries(brushes).filter(([key]) => key !== axis);
  return Object.fromEntries(brush === null ? others : [...others, [axis, brush]]);
}
