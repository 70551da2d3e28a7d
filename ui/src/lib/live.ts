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
  useEffect(() => {
    if (!enabled || !some) return undefined;
    let source: EventSource | undefined;
    const open = () => {
      source = new EventSource(address);
      source.addEventListener("change", (event) => {
        const changes = JSON.parse((event as MessageEvent<string>).data) as Changes;
        for (const run of changes.run_ids) void client.invalidateQueries({ queryKey: ["run", run] });
        void client.invalidateQueries({ queryKey: ["runs"] });
      });
    };
    const follow = () => {
      source?.close();
      if (document.visibilityState === "visible") {
        open();
        void client.invalidateQueries({ queryKey: ["runs"] });
      }
    };
    if (document.visibilityState === "visible") open();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      source?.close();
    };
  }, [address, client, enabled, some]);
}
