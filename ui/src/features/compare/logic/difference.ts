/** How a metric differs from the baseline's, and which run has the best of it. */

import { type Cell, numberOf } from "../../../components/charts/scales";
import { formatNumber } from "../../../lib/format";

const LOWER = /(^|[^a-z])(loss|logloss|err|error|errors|rmse|mse|mae|mape|nll|cer|wer|fid|perplexity|ppl|latency|cost|regret|seconds|time|duration)([^a-z]|$)/i;

/** Lower values are better, as far as the name of a metric tells. */
export function seemsLower(metric: string): boolean {
  return LOWER.test(metric.replace(/([a-z])([A-Z])/g, "$1_$2"));
}

export interface Difference {
  delta: number;
  /** Of the baseline's size; null where that is zero. */
  percent: number | null;
  better: boolean | null;
}

export function differenceOf(value: Cell, baseline: Cell, lower: boolean): Difference | null {
  const [one, other] = [numberOf(value), numberOf(baseline)];
  if (one === null || other === null) return null;
  const delta = one - other;
  return { delta, percent: other === 0 ? null : (100 * delta) / Math.abs(other), better: delta === 0 ? null : delta < 0 === lower };
}

const signed = (value: number, digits: number) => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${formatNumber(Math.abs(value), digits)}`;

/** "+0.012 (+3.4%)"; "=" where nothing differs. */
export function differenceText({ delta, percent }: Difference): string {
  if (delta === 0) return "=";
  return percent === null ? signed(delta, 3) : `${signed(delta, 3)} (${signed(Number(percent.toPrecision(3)), 3)}%)`;
}

/** The places of the best value; none where all are equal or fewer than two runs have one. */
export function bestPlaces(values: readonly Cell[], lower: boolean): ReadonlySet<number> {
  const numbers = values.map(numberOf);
  const some = numbers.filter((value) => value !== null);
  if (some.length < 2) return new Set();
  const least = some.reduce((one, other) => Math.min(one, other));
  const most = some.reduce((one, other) => Math.max(one, other));
  if (least === most) return new Set();
  return new Set(numbers.flatMap((value, place) => (value === (lower ? least : most) ? [place] : [])));
}
