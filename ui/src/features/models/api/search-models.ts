import { infiniteQueryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import { asFilter } from "../lib/filter";

export const PAGE = 50;
export const ORDERS = {
  name: "name ASC",
  "-name": "name DESC",
  updated: "last_updated_timestamp ASC",
  "-updated": "last_updated_timestamp DESC",
} as const;
export type Order = keyof typeof ORDERS;

/** Registered models, a page at a time. */
export const modelsQuery = (search: string, order: Order) =>
  infiniteQueryOptions({
    queryKey: ["models", "search", search, order],
    queryFn: ({ pageParam, signal }) =>
      call("registry.search_registered_models", { filter: asFilter(search), order_by: [ORDERS[order]], max_results: PAGE, page_token: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    placeholderData: (before) => before,
  });
