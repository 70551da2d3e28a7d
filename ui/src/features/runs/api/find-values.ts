import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { FindValues } from "../../../wire/types";

/** Values that hold a text, most used first. */
export const valuesQuery = (asked: FindValues) =>
  queryOptions({
    queryKey: ["values", asked],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call("views.find_values", asked, signal),
  });
