/** The order of the table of values. */

import { type Cell, numberOf } from "../../../components/charts/scales";
import type { Compared, ComparedRun } from "./comparison";

const ORDER = new Intl.Collator("en", { numeric: true });

/** Numbers before texts, and what is missing at the end whatever the direction. */
export function comparedCells(one: Cell, other: Cell, descending: boolean): number {
  const [absent, missing] = [one === null || one === undefined, other === null || other === undefined];
  if (absent || missing) return Number(absent) - Number(missing);
  const [left, right] = [numberOf(one), numberOf(other)];
  const order = left !== null && right !== null ? left - right : left !== null ? -1 : right !== null ? 1 : ORDER.compare(String(one), String(other));
  return descending ? -order : order;
}

/** The runs that are in the brush first, then by a column or as they were given. */
export function sortedRuns({ runs, column }: Compared, faded: ReadonlySet<string>, sort: { key: string; descending: boolean } | null): ComparedRun[] {
  const values = sort === null || sort.key === "run" ? null : column(sort.key);
  return [...runs].sort((one, other) => {
    const away = Number(faded.has(one.id)) - Number(faded.has(other.id));
    if (away !== 0 || sort === null) return away;
    return values ? comparedCells(values[one.place], values[other.place], sort.descending) : comparedCells(one.name, other.name, sort.descending);
  });
}
