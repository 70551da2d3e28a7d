import type { Line } from "./types";

export interface PointRow {
  x: number;
  /** One value a line; null where the line has none there. */
  y: (number | null)[];
}

/** The points of lines by x. Points of one line that share an x stay apart. */
export function pointRows(lines: readonly Line[]): PointRow[] {
  const rows = new Map<string, PointRow>();
  lines.forEach((line, place) => {
    let turn = 0;
    line.x.forEach((x, at) => {
      turn = at > 0 && line.x[at - 1] === x ? turn + 1 : 0;
      const key = `${x} ${turn}`;
      const row = rows.get(key) ?? { x, y: lines.map(() => null) };
      row.y[place] = line.raw?.[at] ?? line.y[at] ?? null;
      rows.set(key, row);
    });
  });
  return [...rows.values()].sort((one, other) => one.x - other.x);
}
