/** What part of the axes a chart shows. */

import type { Line, Range } from "./types";

/** The places of an ascending column that lie in a range, from the first to before the last. */
export function within(x: readonly number[], range: Range): [first: number, end: number] {
  return [firstAtLeast(x, range.least), firstAbove(x, range.most)];
}

export function firstAtLeast(x: readonly number[], value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(x: readonly number[], value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** From the least to the most x of all lines; on a log axis only what is above zero counts. */
export function extentX(lines: readonly Line[], log: boolean): Range | null {
  let least = Infinity;
  let most = -Infinity;
  for (const { x } of lines) {
    const first = x[log ? firstAbove(x, 0) : 0];
    const last = x[x.length - 1];
    if (first === undefined || last === undefined) continue;
    least = Math.min(least, first);
    most = Math.max(most, last);
  }
  return least <= most ? { least, most } : null;
}

/** From the least to the most y of the lines in a range of x. */
export function extentY(lines: readonly Line[], range: Range, log: boolean): Range | null {
  let least = Infinity;
  let most = -Infinity;
  for (const { x, y, raw } of lines) {
    const [first, end] = within(x, range);
    for (const column of raw ? [y, raw] : [y]) {
      for (let place = first; place < end; place += 1) {
        const value = column[place];
        if (value === null || value === undefined || !Number.isFinite(value) || (log && value <= 0)) continue;
        if (value < least) least = value;
        if (value > most) most = value;
      }
    }
  }
  return least <= most ? { least, most } : null;
}

/** Room around a range, so that lines do not lie on the frame; what is constant lies in the middle. */
export function padded({ least, most }: Range, share: number): Range {
  const size = Math.max(Math.abs(least), Math.abs(most));
  const length = most - least;
  if (length > size * 1e-9) return { least: least - length * share, most: most + length * share };
  const room = size === 0 ? 1 : size * 0.1;
  return { least: least - room, most: most + room };
}

/** How many points a log axis cannot show. */
export function below(lines: readonly Line[], axis: "x" | "y"): number {
  let count = 0;
  for (const line of lines) {
    for (const value of line[axis]) if (value !== null && value <= 0) count += 1;
  }
  return count;
}
