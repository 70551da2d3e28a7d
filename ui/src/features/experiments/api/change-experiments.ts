import { useMutation, useQueryClient } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export type Change =
  | { action: "create"; name: string }
  | { action: "rename"; id: string; name: string }
  | { action: "delete" | "restore" | "purge"; ids: readonly string[] };

/** Create, rename, delete, restore, and delete for good. */
export function useChangeExperiments() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["experiments"] }), client.invalidateQueries({ queryKey: ["experiment"] })]),
  });
}

async function ask(change: Change): Promise<string> {
  switch (change.action) {
    case "create": return (await call("tracking.create_experiment", { name: change.name })).experiment_id;
    case "rename": await call("tracking.update_experiment", { experiment_id: change.id, new_name: change.name }); break;
    case "purge": await call("views.purge_deleted", { experiment_ids: [...change.ids] }); break;
    default: await call("views.change_experiments", { experiment_ids: [...change.ids], action: change.action });
  }
  return "";
}
