import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

/** Names of registered models that have a text in them. */
export const modelNamesQuery = (contains: string) =>
  queryOptions({
    queryKey: ["models", "names", contains],
    queryFn: async ({ signal }) => {
      const filter = contains ? `name ILIKE '%${contains.replaceAll("'", "''")}%'` : "";
      const page = await call("registry.search_registered_models", { filter, max_results: 50, order_by: ["name ASC"] }, signal);
      return (page.registered_models ?? []).map((model) => model.name);
    },
    placeholderData: (before) => before,
  });
