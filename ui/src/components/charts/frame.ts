/** Two axes around a picture: where its inside is, its grid, its marks and its names. */

import { pageColor } from "./palette";
import { fitted, type Size } from "./canvas";
import type { Scale } from "./scales";

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Axes {
  x: Scale;
  y: Scale;
  xTitle: string;
  yTitle: string;
}

const LEFT = 58;
const [TOP, RIGHT, BOTTOM] = [22, 14, 40];

export function areaOf({ width, height }: Size): Area {
  return { left: LEFT, top: TOP, width: Math.max(1, width - LEFT - RIGHT), height: Math.max(1, height - TOP - BOTTOM) };
}

export const toLeft = (area: Area, place: number): number => area.left + place * area.width;
export const toTop = (area: Area, place: number): number => area.top + (1 - place) * area.height;

export function drawFrame(ctx: CanvasRenderingContext2D, area: Area, { x, y, xTitle, yTitle }: Axes): void {
  ctx.save();
  ctx.strokeStyle = pageColor("line");
  ctx.fillStyle = pageColor("muted");
  ctx.lineWidth = 1;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  for (const { at, text } of y.marks(Math.max(2, area.height / 42))) {
    const top = Math.round(toTop(area, at)) + 0.5;
    line(ctx, area.left, top, area.left + area.width, top);
    ctx.fillText(fitted(ctx, text, area.left - 10), area.left - 6, top);
  }
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  const marks = x.marks(Math.max(2, area.width / 80));
  const room = area.width / Math.max(1, marks.length) - 6;
  for (const { at, text } of marks) {
    const left = Math.round(toLeft(area, at)) + 0.5;
    if (x.kind !== "category") line(ctx, left, area.top, left, area.top + area.height);
    ctx.fillText(fitted(ctx, text, room), left, area.top + area.height + 6);
  }
  ctx.fillText(fitted(ctx, xTitle, area.width), area.left + area.width / 2, area.top + area.height + 23);
  ctx.textAlign = "left";
  ctx.fillText(fitted(ctx, yTitle, area.width + area.left), 4, 3);
  ctx.strokeStyle = pageColor("strong");
  line(ctx, area.left, area.top + area.height + 0.5, area.left + area.width, area.top + area.height + 0.5);
  ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, fromLeft: number, fromTop: number, left: number, top: number): void {
  ctx.beginPath();
  ctx.moveTo(fromLeft, fromTop);
  ctx.lineTo(left, top);
  ctx.stroke();
}
