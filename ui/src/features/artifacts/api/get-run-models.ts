import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { LoggedModel } from "../../../wire/types";

/** The models that a run logged, the oldest first. */
export const runModelsQuery = (run: string, experiment: string) =>
  queryOptions({
    queryKey: ["run", run, "logged-models"],
    queryFn: async ({ signal }) => {
      const found: LoggedModel[] = [];
      let token = "";
      do {
        const request = {
          experiment_ids: [experiment],
          filter: `source_run_id = '${run.replaceAll("'", "")}'`,
          order_by: [{ field_name: "creation_timestamp", ascending: true }],
          page_token: token,
        };
        const page = await call("tracking.search_logged_models", request, signal);
        found.push(...(page.models ?? []));
        token = page.next_page_token ?? "";
      } while (token);
      return found;
    },
  });
