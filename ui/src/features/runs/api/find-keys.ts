import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { FindKeys } from "../../../wire/types";

/** Keys that hold a text, most used first. */
export const keysQuery = (asked: FindKeys) =>
  queryOptions({
    queryKey: ["keys", asked],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call("views.find_keys", asked, signal),
  });
