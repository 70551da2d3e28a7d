import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export const SHOWN = 200;

export const childrenQuery = (runId: string, experimentId: string) =>
  queryOptions({
    queryKey: ["runs", "children", runId],
    queryFn: ({ signal }) =>
      call(
        "views.list_runs",
        {
          experiment_ids: [experimentId],
          parent_run_id: runId,
          columns: ["attributes.run_name", "attributes.status", "attributes.start_time", "attributes.end_time"],
          order_by: ["attributes.start_time ASC"],
          limit: SHOWN,
        },
        signal,
      ),
  });
