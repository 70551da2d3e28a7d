/** Which pieces of a long table are fetched. */

export const WINDOW = 100;
const MARGIN = 30;

export interface Range {
  first: number;
  last: number;
}

/** The windows that hold these places and some around them, of a table that long; the first one where nothing is known. */
export function windowsOf({ first, last }: Range, total: number, size = WINDOW): number[] {
  const end = Math.max(0, Math.ceil(total / size) - 1);
  const from = Math.min(end, Math.max(0, Math.floor((first - MARGIN) / size)));
  const to = Math.min(end, Math.max(from, Math.floor((last + MARGIN) / size)));
  return Array.from({ length: to - from + 1 }, (_, place) => from + place);
}

/** Both ranges are in the same windows, however long the table is. */
export function isAlike(one: Range, other: Range, size = WINDOW): boolean {
  return windowsOf(one, Infinity, size).join() === windowsOf(other, Infinity, size).join();
}

export function placeIn(place: number, size = WINDOW): { window: number; at: number } {
  return { window: Math.floor(place / size), at: place % size };
}

/** The range has moved so little that what it needs is asked for at once; a longer way waits until the movement ends. */
export function isNear(now: Range, next: Range, size = WINDOW): boolean {
  return Math.abs(next.first - now.first) <= size && Math.abs(next.last - now.last) <= size;
}

/** Rows that follow one row of the table: its children, or the runs of a group. */
export interface Branch<T> {
  at: number;
  rows: readonly T[];
}

export type Spot<T> = { top: number } | { row: T };

/** How long the table is with its branches. */
export function lengthWith<T>(total: number, branches: readonly Branch<T>[]): number {
  return branches.reduce((sum, branch) => sum + branch.rows.length, total);
}

/** What is at a place of the table; branches come in the order of the table. */
export function spotAt<T>(place: number, branches: readonly Branch<T>[]): Spot<T> {
  let before = 0;
  for (const branch of branches) {
    const start = branch.at + 1 + before;
    if (place < start) break;
    const row = branch.rows[place - start];
    if (row !== undefined) return { row };
    before += branch.rows.length;
  }
  return { top: place - before };
}

/** The row of the table that a place is at, or below. */
export function topAt<T>(place: number, branches: readonly Branch<T>[]): number {
  let before = 0;
  for (const branch of branches) {
    const start = branch.at + 1 + before;
    if (place < start) break;
    if (place < start + branch.rows.length) return branch.at;
    before += branch.rows.length;
  }
  return place - before;
}
