/** One run, as every page about it needs it. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Run } from "../wire/types";
import { call } from "./api";

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "info"],
    queryFn: async ({ signal }) => (await call("tracking.get_run", { run_id: runId }, signal)).run,
  });

export const experimentQuery = (experimentId: string) =>
  queryOptions({
    queryKey: ["experiment", experimentId],
    queryFn: async ({ signal }) => (await call("tracking.get_experiment", { experiment_id: experimentId }, signal)).experiment,
    staleTime: 60_000,
    enabled: experimentId !== "",
  });

const DEEPEST = 12;

/** The runs a run is nested in, the outermost first. One that was deleted for good ends the chain. */
export const parentsQuery = (run: Run) =>
  queryOptions({
    queryKey: ["parents", run.info.run_id, parentOf(run)],
    queryFn: async ({ signal }) => {
      const parents: Run[] = [];
      let above = parentOf(run);
      while (above !== "" && parents.length < DEEPEST && !parents.some((each) => each.info.run_id === above)) {
        const found = await call("tracking.get_run", { run_id: above }, signal).catch(() => null);
        if (found === null) break;
        parents.unshift(found.run);
        above = parentOf(found.run);
      }
      return parents;
    },
    staleTime: 60_000,
    enabled: parentOf(run) !== "",
  });

export const livenessQuery = (runId: string, running: boolean) =>
  queryOptions({
    queryKey: ["liveness", runId],
    queryFn: async ({ signal }) => (await call("tracking.get_liveness", { run_ids: [runId] }, signal)).runs?.[0] ?? null,
    enabled: running,
    refetchInterval: 10_000,
  });

/** A run that says it goes on and missed three signs of life, of which there is one every ten seconds. */
const SILENT_MS = 30_000;

export function isStale(running: boolean, silentMs: number | null | undefined): boolean {
  return running && typeof silentMs === "number" && silentMs > SILENT_MS;
}

export function tagOf(run: Run, key: string): string {
  return run.data?.tags?.find((tag) => tag.key === key)?.value ?? "";
}

export function parentOf(run: Run): string {
  return tagOf(run, "mlflow.parentRunId");
}

export function nameOf(run: Run): string {
  return run.info.run_name || tagOf(run, "mlflow.runName") || run.info.run_id;
}

export type RunChange =
  | { kind: "rename"; name: string }
  | { kind: "delete" }
  | { kind: "restore" }
  | { kind: "tag"; key: string; value: string }
  | { kind: "untag"; key: string };

/** Change a run; whoever shows it asks again. */
export function useChangeRun(runId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: RunChange) => send(runId, change),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["run", runId] }), client.invalidateQueries({ queryKey: ["runs"] })]),
  });
}

function send(runId: string, change: RunChange): Promise<unknown> {
  const run_id = runId;
  switch (change.kind) {
    case "rename":
      return call("tracking.update_run", { run_id, run_name: change.name });
    case "delete":
      return call("tracking.delete_run", { run_id });
    case "restore":
      return call("tracking.restore_run", { run_id });
    case "tag":
      return call("tracking.set_tag", { run_id, key: change.key, value: change.value });
    case "untag":
      return call("tracking.delete_tag", { run_id, key: change.key });
  }
}
