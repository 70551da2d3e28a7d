/** Changes on the server, as they happen. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import type { Changes } from "../wire/types";
import { url } from "./api";

/**
 * Ask again for what has changed: queries whose key begins with "runs" where any watched run has, and those with
 * `["run", id, …]` of the run itself. Nothing is asked while the page is hidden; on return everything watched is.
 */
export function useLive(watched: { experiment_id?: readonly string[]; run_id?: readonly string[] }, enabled = true): void {
  const client = useQueryClient();
  const address = url("views.watch_changes", watched);
  const some = (watched.experiment_id?.length ?? 0) + (watched.run_id?.length ?? 0) > 0;
  const ids = watched.run_id?.join(",") ?? "";
  useEffect(() => {
    if (!enabled || !some) return undefined;
    const own = ids.split(",").filter(Boolean);
    let source: EventSource | undefined;
    const refresh = oneAtATime(() => client.invalidateQueries({ queryKey: ["runs"] }));
    const runs = new Map<string, () => void>();
    const refreshRun = (run: string) => {
      const again = runs.get(run) ?? oneAtATime(() => client.invalidateQueries({ queryKey: ["run", run] }));
      runs.set(run, again);
      again();
    };
    const open = () => {
      source = new EventSource(address);
      source.addEventListener("change", (event) => {
        const changes = JSON.parse((event as MessageEvent<string>).data) as Changes;
        for (const run of changes.run_ids) refreshRun(run);
        refresh();
      });
    };
    const follow = () => {
      source?.close();
      if (document.visibilityState === "visible") {
        open();
        refresh();
        for (const run of own) refreshRun(run);
      }
    };
    if (document.visibilityState === "visible") open();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      source?.close();
    };
  }, [address, client, enabled, ids, some]);
}

/** Do it now, or once more when it is done: many events neither cut a slow answer off nor queue up behind it. */
function oneAtATime(act: () => Promise<unknown>): () => void {
  let busy = false;
  let again = false;
  const run = async () => {
    busy = true;
    do {
      again = false;
      await act();
    } while (again);
    busy = false;
  };
  return () => {
    again = true;
    if (!busy) void run();
  };
}
