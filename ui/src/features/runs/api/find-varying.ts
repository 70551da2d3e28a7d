import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

/** What tells the runs of some experiments apart. It is asked again when there are many more of them: see `useTable`. */
export const varyingQuery = (experiment_ids: readonly string[]) =>
  queryOptions({
    queryKey: ["varying", experiment_ids],
    staleTime: 60_000,
    queryFn: ({ signal }) => call("views.find_varying", { experiment_ids: [...experiment_ids], limit: 20 }, signal),
  });
