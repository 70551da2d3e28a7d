/** Lines as they are painted over the frame. What was worked out for one is kept until the axes change. */

import uPlot from "uplot";

import { firstAtLeast } from "./extent";
import { trace } from "./path";
import type { Line } from "./types";
import { onScale, type View } from "./view";

interface Picture {
  path: Path2D;
  raw: Path2D | null;
  dots: readonly [number, number][];
}

interface Shown {
  lines: readonly Line[];
  hovered?: string | null | undefined;
  view: View;
}

type Look = "front" | "back" | "plain";

/** Points that are at least so many pixels apart have a dot each. */
const SPARSE = 9;

export class Pictures {
  private made = new Map<Line, Picture>();
  private frame = "";

  /** Forget all others. */
  keep(lines: readonly Line[]): void {
    const kept = new Set(lines);
    this.made = new Map([...this.made].filter(([line]) => kept.has(line)));
  }

  draw(plot: uPlot, { lines, hovered, view }: Shown): void {
    const { ctx, bbox } = plot;
    const frame = [bbox.left, bbox.top, bbox.width, bbox.height, view.x.log, view.y.log, ...view.x.scale, ...view.y.scale].join(" ");
    if (frame !== this.frame) this.made.clear();
    this.frame = frame;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top - 2, bbox.width, bbox.height + 4);
    ctx.clip();
    ctx.lineJoin = "bevel";
    const front = lines.find((line) => line.key === hovered);
    for (const line of lines) if (line !== front) paint(ctx, line, this.pictureOf(plot, line, view), front ? "back" : "plain");
    if (front) paint(ctx, front, this.pictureOf(plot, front, view), "front");
    ctx.restore();
  }

  private pictureOf(plot: uPlot, line: Line, view: View): Picture {
    const drawn = this.made.get(line);
    if (drawn) return drawn;
    const made = picture(plot, line, view);
    this.made.set(line, made);
    return made;
  }
}

function picture(plot: uPlot, line: Line, { x, y }: View): Picture {
  const first = Math.max(0, firstAtLeast(line.x, x.range.least) - 1);
  const end = Math.min(line.x.length, firstAtLeast(line.x, x.range.most) + 2);
  const toX = (value: number) => plot.valToPos(onScale(x, value), "x", true);
  const toY = (value: number) => plot.valToPos(onScale(y, value), "y", true);
  const [path, raw] = [new Path2D(), line.raw ? new Path2D() : null];
  const alone = trace(path, { x: line.x, y: line.y, first, end, toX, toY });
  if (raw && line.raw) trace(raw, { x: line.x, y: line.raw, first, end, toX, toY });
  const sparse = (end - first) * SPARSE * uPlot.pxRatio < plot.bbox.width;
  return { path, raw, dots: sparse ? places(line, first, end, toX, toY) : alone };
}

function places(line: Line, first: number, end: number, toX: (value: number) => number, toY: (value: number) => number): [number, number][] {
  const all: [number, number][] = [];
  for (let place = first; place < end; place += 1) {
    const value = line.y[place];
    if (value !== null && value !== undefined) all.push([toX(line.x[place] as number), toY(value)]);
  }
  return all.filter(([left, top]) => Number.isFinite(left) && Number.isFinite(top));
}

function paint(ctx: CanvasRenderingContext2D, line: Line, { path, raw, dots }: Picture, look: Look): void {
  const ratio = uPlot.pxRatio;
  ctx.strokeStyle = ctx.fillStyle = line.stroke.color;
  ctx.lineWidth = (look === "front" ? 2.6 : 1.5) * ratio;
  ctx.setLineDash([]);
  ctx.globalAlpha = look === "back" ? 0.08 : 0.28;
  if (raw) ctx.stroke(raw);
  ctx.globalAlpha = look === "back" ? 0.22 : 1;
  ctx.setLineDash(line.stroke.dash.map((length) => length * ratio));
  ctx.stroke(path);
  for (const [left, top] of dots) {
    ctx.beginPath();
    ctx.arc(left, top, (look === "front" ? 3.5 : 2.5) * ratio, 0, 2 * Math.PI);
    ctx.fill();
  }
}
