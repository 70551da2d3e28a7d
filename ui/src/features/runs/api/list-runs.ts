import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { ListRuns, RunRows } from "../../../wire/types";
import { WINDOW } from "../logic/windows";

export type Asked = Omit<ListRuns, "offset" | "limit">;

/** One window of the table of runs. */
export const windowQuery = (asked: Asked, window: number) =>
  queryOptions({
    queryKey: ["runs", "window", asked, window],
    queryFn: ({ signal }) => call("views.list_runs", { ...asked, offset: window * WINDOW, limit: WINDOW }, signal),
  });

/** The runs below a run, or those of a group: the first thousand. */
export const branchQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["runs", "branch", asked],
    queryFn: ({ signal }) => call("views.list_runs", { ...asked, limit: 1000 }, signal),
  });

/** How many there are, nested ones too. */
export const countQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["runs", "count", asked],
    queryFn: async ({ signal }) => (await call("views.list_runs", { ...asked, columns: [], order_by: [], limit: 0 }, signal)).total,
  });

/** The ids of all that match, a thousand at a time. */
export async function allRunIds(asked: Asked, most = Infinity): Promise<string[]> {
  const ids: string[] = [];
  for (let total = Infinity; ids.length < Math.min(total, most); ) {
    const limit = Math.min(1000, most - ids.length);
    const page: RunRows = await call("views.list_runs", { ...asked, columns: [], offset: ids.length, limit });
    if (page.run_ids.length === 0) break;
    ids.push(...page.run_ids);
    total = page.total;
  }
  return ids;
}
