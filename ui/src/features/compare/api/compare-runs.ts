import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { CompareRuns } from "../../../wire/types";

export type AxisName = NonNullable<CompareRuns["axis"]>;

/** The most runs the server compares at once. */
export const MOST_RUNS = 1000;

const POINTS = 500;
const ALL_POINTS = 120_000;
const FEWEST = 60;

/** How many points of each line are asked for: together no more than a screen can show. */
export function pointsOf(runs: number, metrics: number): number {
  return Math.max(FEWEST, Math.min(POINTS, Math.floor(ALL_POINTS / Math.max(1, runs * metrics))));
}

/** The runs with all they have, and the series of the metrics most of them have: all of the first picture. */
export function compareQuery(runIds: readonly string[], axis: AxisName) {
  const asked = runIds.slice(0, MOST_RUNS);
  const metrics = asked.length > 60 ? 4 : 6;
  const request = { run_ids: asked, most_metrics: metrics, points: pointsOf(asked.length, metrics), axis };
  return queryOptions({
    queryKey: ["runs", "compare", request],
    queryFn: ({ signal }) => call("views.compare_runs", request, signal),
    placeholderData: keepPreviousData,
    enabled: asked.length > 0,
  });
}
