import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { GroupRuns } from "../../../wire/types";
import { WINDOW } from "../logic/windows";

export type AskedGroups = Omit<GroupRuns, "offset" | "limit">;

/** One window of the table of groups. */
export const groupsQuery = (asked: AskedGroups, window: number) =>
  queryOptions({
    queryKey: ["runs", "groups", asked, window],
    queryFn: ({ signal }) => call("views.group_runs", { ...asked, offset: window * WINDOW, limit: WINDOW }, signal),
  });
