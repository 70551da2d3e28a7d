import { infiniteQueryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import { readersFilter } from "../logic/filter";

const PAGE = 200;
const COLUMNS = ["attributes.run_name", "attributes.status", "attributes.start_time", "attributes.experiment_id", "attributes.user_id"];

/** The runs that read a dataset, the newest first. */
export function readersQuery(name: string, digest: string, experimentIds: readonly string[]) {
  return infiniteQueryOptions({
    queryKey: ["runs", "dataset", name, digest, experimentIds],
    queryFn: ({ pageParam, signal }) =>
      call("views.list_runs", { experiment_ids: [...experimentIds], filter: readersFilter(name, digest), order_by: ["attributes.start_time DESC"], columns: COLUMNS, offset: pageParam, limit: PAGE }, signal),
    initialPageParam: 0,
    getNextPageParam: ({ total }, pages) => (pages.length * PAGE < total ? pages.length * PAGE : undefined),
    enabled: experimentIds.length > 0,
  });
}
