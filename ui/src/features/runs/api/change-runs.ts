import { useMutation, useQueryClient } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { ChangeRuns } from "../../../wire/types";

const MOST = 1000;

export type Change = Omit<ChangeRuns, "run_ids"> | { action: "purge" };

/** Change many runs, a thousand at a time; answers how many. */
export function useChangeRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ runs, change }: { runs: readonly string[]; change: Change }) => {
      let count = 0;
      for (let at = 0; at < runs.length; at += MOST) {
        const run_ids = runs.slice(at, at + MOST);
        const done =
          change.action === "purge"
            ? await call("views.purge_deleted", { run_ids })
            : await call("views.change_runs", { ...change, run_ids });
        count += done.count;
      }
      return count;
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}
