import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";

import { call } from "../../../lib/api";

const PAGE = 1000;

export type Stage = "active" | "deleted";

/** Experiments whose name holds a text, a thousand at a time. */
export const experimentsQuery = (contains: string, stage: Stage) =>
  infiniteQueryOptions({
    queryKey: ["experiments", contains, stage],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      call("views.list_experiments", { contains, view_type: stage === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY", offset: pageParam, limit: PAGE }, signal),
    getNextPageParam: (last, all) => {
      const had = all.reduce((sum, page) => sum + page.experiments.length, 0);
      return had < last.total && last.experiments.length > 0 ? had : undefined;
    },
  });
