import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

const PAGE = 1000;
const MOST = 10_000;

/** The experiments that have runs, the latest activity first. */
export const experimentsQuery = queryOptions({
  queryKey: ["runs", "experiments with runs"],
  queryFn: async ({ signal }) => {
    const found: { id: string; name: string }[] = [];
    for (let offset = 0; offset < MOST; offset += PAGE) {
      const { experiments, total } = await call("views.list_experiments", { limit: PAGE, offset }, signal);
      found.push(...experiments.filter(({ runs }) => runs > 0).map(({ experiment_id, name }) => ({ id: experiment_id, name })));
      if (offset + PAGE >= total) break;
    }
    return found;
  },
});
