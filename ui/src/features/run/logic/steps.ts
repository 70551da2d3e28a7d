/** The values of many metrics at the same steps. */

import type { Series } from "../../../wire/types";
import { valueOf } from "./lines";

export interface StepRow {
  step: number;
  /** By metric; where a step has several values, the last. */
  values: ReadonlyMap<string, string | number | null>;
}

export function stepRows(series: readonly Series[]): StepRow[] {
  const rows = new Map<number, Map<string, string | number | null>>();
  for (const { metric, steps, values } of series) {
    steps.forEach((step, place) => {
      const row = rows.get(step) ?? new Map<string, string | number | null>();
      row.set(metric, valueOf(values[place] ?? null));
      rows.set(step, row);
    });
  }
  return [...rows].sort(([one], [other]) => one - other).map(([step, values]) => ({ step, values }));
}
