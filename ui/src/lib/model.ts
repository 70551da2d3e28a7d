/** What is in the files of a model version, as its pages need it. */

import { queryOptions } from "@tanstack/react-query";

import { call } from "./api";

/** The card of a version. Its files do not change; what a machine trusts may. */
export const cardQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["models", name, "card", version],
    queryFn: ({ signal }) => call("views.describe_model", { name, version }, signal),
    staleTime: 60_000,
  });
