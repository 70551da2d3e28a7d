import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Range } from "../../../components/charts/types";
import { call } from "../../../lib/api";
import { type AxisName, pointsOf } from "./compare-runs";

interface Asked {
  runIds: readonly string[];
  metric: string;
  axis: AxisName;
  /** Only this part of the axis, which then has more of its points. */
  range?: Range | null;
}

/** One metric of all compared runs. */
export function seriesQuery({ runIds, metric, axis, range = null }: Asked) {
  const request = { run_ids: [...runIds], metrics: [metric], points: pointsOf(runIds.length, 1), axis, least: range?.least ?? null, most: range?.most ?? null };
  return queryOptions({
    queryKey: ["runs", "series", request],
    queryFn: async ({ signal }) => (await call("views.get_series", request, signal)).series,
    placeholderData: keepPreviousData,
  });
}
