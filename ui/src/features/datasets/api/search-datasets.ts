import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

/** The most experiments that one request may name. */
export const AT_ONCE = 20;

/** The datasets that runs of some experiments read. */
export function datasetsQuery(experimentIds: readonly string[]) {
  return queryOptions({
    queryKey: ["runs", "datasets", experimentIds],
    queryFn: async ({ signal }) => (await call("tracking.search_datasets", { experiment_ids: [...experimentIds] }, signal)).dataset_summaries ?? [],
  });
}
