/** Rows of a table of facts: found by words, ordered by a column. */

import { inOrder } from "./groups";

export type Cell = string | number | null;

export interface Sort {
  column: number;
  descending: boolean;
}

/** Those in which each word of a search is in some cell. */
export function found<Row>(rows: readonly Row[], cells: (row: Row) => readonly Cell[], search: string): Row[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = cells(row).join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** In the order of a column: numbers by size, texts as people sort, what is absent at the end. */
export function sorted<Row>(rows: readonly Row[], cells: (row: Row) => readonly Cell[], { column, descending }: Sort): Row[] {
  return [...rows].sort((one, other) => {
    const [left, right] = [cells(one)[column] ?? null, cells(other)[column] ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const order = compared(left, right);
    return descending ? -order : order;
  });
}

function compared(one: string | number, other: string | number): number {
  const [left, right] = [asNumber(one), asNumber(other)];
  if (left !== null && right !== null) return left === right ? 0 : left < right ? -1 : 1;
  if (left !== null || right !== null) return left !== null ? -1 : 1;
  return inOrder(String(one), String(other));
}

function asNumber(value: string | number): number | null {
  const number = typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value);
  return Number.isNaN(number) ? null : number;
}
