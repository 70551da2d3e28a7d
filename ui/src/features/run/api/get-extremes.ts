import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export interface Extremes {
  min: string | number | null;
  max: string | number | null;
}

const AT_ONCE = 100;

/** The least and the greatest value of each metric over all steps. */
export const extremesQuery = (runId: string, metrics: readonly string[], running: boolean) =>
  queryOptions({
    queryKey: ["extremes", runId, metrics],
    queryFn: async ({ signal }) => {
      const found = new Map<string, Extremes>();
      for (let start = 0; start < metrics.length; start += AT_ONCE) {
        const some = metrics.slice(start, start + AT_ONCE);
        const columns = some.flatMap((metric) => [`min(metrics.${quoted(metric)})`, `max(metrics.${quoted(metric)})`]);
        const rows = await call("views.list_runs", { run_ids: [runId], columns, view_type: "ALL" }, signal);
        some.forEach((metric, place) => {
          const read = (column: string | undefined) => (rows.columns[column ?? ""]?.[0] ?? null) as string | number | null;
          found.set(metric, { min: read(columns[2 * place]), max: read(columns[2 * place + 1]) });
        });
      }
      return found;
    },
    enabled: metrics.length > 0,
    refetchInterval: running ? 5000 : false,
  });

/** A name as a column spells it, whatever is in it. */
function quoted(metric: string): string {
  return `\`${metric.replaceAll("`", "``")}\``;
}
