import { firstAtLeast } from "./extent";
import type { Line } from "./types";

/** A point of a line, and where it is in the picture. */
export interface Near {
  line: Line;
  x: number;
  y: number;
  left: number;
  top: number;
}

interface Place {
  x: number;
  left: number;
  top: number | null;
  toLeft: (value: number) => number;
  toTop: (value: number) => number;
}

/** The point that is nearest to a place of the picture; without a height, the one nearest to its x. */
export function nearest(lines: readonly Line[], { x, left, top, toLeft, toTop }: Place): Near | null {
  let best: Near | null = null;
  let least = Infinity;
  for (const line of lines) {
    const around = firstAtLeast(line.x, x);
    for (const place of [before(line, around - 1), after(line, around)]) {
      const value = line.x[place];
      const height = line.y[place];
      if (value === undefined || height === undefined || height === null) continue;
      const point: Near = { line, x: value, y: height, left: toLeft(value), top: toTop(height) };
      const distance = Math.hypot(point.left - left, top === null ? 0 : point.top - top);
      if (distance < least) [best, least] = [point, distance];
    }
  }
  return best;
}

function before(line: Line, place: number): number {
  let at = place;
  while (at > 0 && line.y[at] === null) at -= 1;
  return at;
}

function after(line: Line, place: number): number {
  let at = place;
  while (at < line.y.length - 1 && line.y[at] === null) at += 1;
  return at;
}
