/** How a page shows its charts. All of it is in the address. */

import { flag, list, number, text, useUrlState } from "../../lib/url-state";
import type { Axis } from "./logic/lines";

export interface ChartView {
  search: string;
  axis: Axis;
  smoothing: number;
  logX: boolean;
  logY: boolean;
  /** Charts beside one another; 0 is as many as there is room for. */
  columns: number;
  points: number;
  pins: readonly string[];
  closed: readonly string[];
  mode: "charts" | "steps";
  /** The metric that is shown large. */
  large: string;
}

export type SetChartView = <Key extends keyof ChartView>(key: Key, value: ChartView[Key]) => void;

export const POINTS = [200, 500, 1000, 2000, 5000, 10_000] as const;

export function useChartView(system: boolean): [ChartView, SetChartView] {
  const state = {
    search: useUrlState("q", "", text),
    axis: useUrlState<Axis>("x", system ? "time" : "step", choice(["step", "time", "relative"])),
    smoothing: useUrlState("smooth", 0, between(0, 0.99)),
    logX: useUrlState("logx", false, flag),
    logY: useUrlState("logy", false, flag),
    columns: useUrlState("cols", 0, between(0, 6)),
    points: useUrlState("points", 1000, between(4, 10_000)),
    pins: useUrlState<readonly string[]>("pins", [], list),
    closed: useUrlState<readonly string[]>("closed", [], list),
    mode: useUrlState<ChartView["mode"]>("view", "charts", choice(["charts", "steps"])),
    large: useUrlState("chart", "", text),
  };
  const view = Object.fromEntries(Object.entries(state).map(([key, [value]]) => [key, value])) as unknown as ChartView;
  const set: SetChartView = (key, value) => (state[key][1] as (next: typeof value) => void)(value);
  return [view, set];
}

/** One of some words; others cannot be read. */
function choice<T extends string>(words: readonly T[]) {
  return { parse: (raw: string) => known(words, raw), format: (value: T) => value };
}

function known<T extends string>(words: readonly T[], raw: string): T {
  const found = words.find((word) => word === raw);
  if (found === undefined) throw new RangeError(raw);
  return found;
}

function between(least: number, most: number) {
  const parse = (raw: string) => {
    const value = number.parse(raw);
    if (!(value >= least && value <= most)) throw new RangeError(raw);
    return value;
  };
  return { parse, format: String };
}
