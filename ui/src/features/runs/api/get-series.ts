import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

const POINTS = 400;

/** Some metrics of some runs, for the pictures beside the table. */
export const seriesQuery = (runs: readonly string[], metrics: readonly string[]) =>
  queryOptions({
    queryKey: ["runs", "series", runs, metrics],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call("views.get_series", { run_ids: [...runs], metrics: [...metrics], points: POINTS }, signal),
  });
