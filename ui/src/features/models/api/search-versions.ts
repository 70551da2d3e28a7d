import { infiniteQueryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import { quoted } from "../lib/filter";

/** The versions of a model, the newest first, a page at a time. */
export const versionsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["models", name, "versions"],
    queryFn: ({ pageParam, signal }) =>
      call("registry.search_model_versions", { filter: `name = ${quoted(name)}`, order_by: ["version_number DESC"], max_results: 100, page_token: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
  });
