import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

/** What this server can do. */
export const aboutQuery = () =>
  queryOptions({
    queryKey: ["about"],
    queryFn: ({ signal }) => call("views.about_server", {}, signal),
    staleTime: 300_000,
  });
