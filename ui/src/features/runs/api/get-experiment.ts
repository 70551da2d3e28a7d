import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export const experimentQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ["experiment", experiment_id],
    queryFn: async ({ signal }) => (await call("tracking.get_experiment", { experiment_id }, signal)).experiment,
  });
