/** How a metric differs from the baseline's. */

import { formatNumber } from "../../../lib/format";

export interface Difference {
  delta: number;
  /** Of the baseline; null where that is zero. */
  percent: number | null;
}

export function difference(value: unknown, baseline: unknown): Difference | null {
  if (typeof value !== "number" || typeof baseline !== "number") return null;
  const delta = value - baseline;
  return { delta, percent: baseline === 0 ? null : (100 * delta) / Math.abs(baseline) };
}

const signed = (value: number, digits: number) => `${value > 0 ? "+" : ""}${formatNumber(value, digits)}`;

/** "+0.012 (+3.4%)"; "=" where nothing differs. */
export function formatDifference({ delta, percent }: Difference): string {
  if (delta === 0) return "=";
  return percent === null ? signed(delta, 3) : `${signed(delta, 3)} (${signed(percent, 3)}%)`;
}
