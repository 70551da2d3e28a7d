/** Lines from axis to axis: where they run, how they are drawn, and which is nearest to the mouse. */

import { fitted } from "./canvas";
import { inOrder, type Item } from "./items";
import { pageColor } from "./palette";
import type { Cell, Scale } from "./scales";

export interface ParallelAxis {
  key: string;
  title: string;
  scale: Scale;
}

export interface Strand extends Item {
  /** One value an axis. */
  values: readonly Cell[];
}

export interface Layout {
  lefts: number[];
  top: number;
  bottom: number;
  /** Where what has no value on an axis goes through. */
  absent: number;
}

const [TOP, BOTTOM, SIDE] = [34, 26, 70];

export function layoutOf(width: number, height: number, axes: number): Layout {
  const room = Math.max(0, width - 2 * SIDE);
  const lefts = Array.from({ length: axes }, (_, place) => SIDE + (axes === 1 ? room / 2 : (room * place) / (axes - 1)));
  return { lefts, top: TOP, bottom: height - BOTTOM, absent: height - 8 };
}

export const topOf = ({ top, bottom }: Layout, place: number): number => bottom - place * (bottom - top);
export const placeOfTop = ({ top, bottom }: Layout, at: number): number => (bottom - at) / (bottom - top);

/** How far down a strand crosses each axis. */
export function crossings(strand: Strand, axes: readonly ParallelAxis[], layout: Layout): number[] {
  return axes.map(({ scale }, place) => {
    const at = scale.place(strand.values[place]);
    return at === null ? layout.absent : topOf(layout, at);
  });
}

/** The strand nearest to a place between the axes, within reach; those that step back are not found. */
export function nearestStrand(strands: readonly Strand[], axes: readonly ParallelAxis[], layout: Layout, at: { left: number; top: number }, reach = 9): Strand | null {
  const right = layout.lefts.findIndex((left) => left >= at.left);
  if (right === 0 && axes.length > 1) return null;
  const one = axes.length === 1 ? 0 : (right === -1 ? -1 : right - 1);
  if (one < 0) return null;
  const [from, to] = [layout.lefts[one] as number, layout.lefts[one + 1] ?? (layout.lefts[one] as number) + 1];
  const share = (at.left - from) / (to - from);
  let best: Strand | null = null;
  let least = reach;
  for (const strand of strands) {
    if (strand.faded) continue;
    const tops = crossings(strand, axes, layout);
    const [start, end] = [tops[one] as number, tops[one + 1] ?? (tops[one] as number)];
    const away = Math.abs(start + (end - start) * share - at.top);
    if (away < least) [best, least] = [strand, away];
  }
  return best;
}

export function drawStrands(ctx: CanvasRenderingContext2D, strands: readonly Strand[], axes: readonly ParallelAxis[], layout: Layout, hovered: string | null): void {
  const some = hovered !== null && strands.some(({ key }) => key === hovered);
  const alpha = strands.length > 150 ? 0.45 : strands.length > 40 ? 0.65 : 0.9;
  ctx.lineJoin = "round";
  for (const strand of inOrder(strands, hovered)) {
    const front = strand.key === hovered;
    ctx.globalAlpha = front ? 1 : strand.faded ? (strands.length > 150 ? 0.035 : 0.07) : some ? alpha * 0.35 : alpha;
    ctx.strokeStyle = strand.color;
    ctx.lineWidth = front ? 3 : 1.3;
    ctx.beginPath();
    crossings(strand, axes, layout).forEach((top, place) => {
      const left = layout.lefts[place] as number;
      if (place === 0) ctx.moveTo(left, top);
      else ctx.lineTo(left, top);
    });
    if (axes.length === 1) ctx.lineTo((layout.lefts[0] as number) + 24, crossings(strand, axes, layout)[0] as number);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

export function drawAxes(ctx: CanvasRenderingContext2D, axes: readonly ParallelAxis[], layout: Layout, absent: boolean): void {
  const room = axes.length > 1 ? (layout.lefts[1] as number) - (layout.lefts[0] as number) - 14 : 160;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  axes.forEach(({ scale }, place) => {
    const left = Math.round(layout.lefts[place] as number) + 0.5;
    ctx.strokeStyle = pageColor("strong");
    ctx.lineWidth = 1.2;
    ctx.beginPath();
    ctx.moveTo(left, layout.top);
    ctx.lineTo(left, layout.bottom);
    ctx.stroke();
    const last = place === axes.length - 1 && place > 0;
    ctx.textAlign = last ? "left" : "right";
    const wide = place === 0 || last ? 62 : room;
    for (const { at, text } of scale.marks(Math.max(2, (layout.bottom - layout.top) / 34))) haloed(ctx, fitted(ctx, text, wide), left + (last ? 6 : -6), topOf(layout, at));
    if (absent) haloed(ctx, "none", left + (last ? 6 : -6), layout.absent);
  });
}

/** A text that lines may run behind. */
function haloed(ctx: CanvasRenderingContext2D, text: string, left: number, top: number): void {
  ctx.lineWidth = 3;
  ctx.strokeStyle = pageColor("surface");
  ctx.globalAlpha = 0.85;
  ctx.strokeText(text, left, top);
  ctx.globalAlpha = 1;
  ctx.fillStyle = pageColor("muted");
  ctx.fillText(text, left, top);
}
