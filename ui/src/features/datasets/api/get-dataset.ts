import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

/** A dataset as a run that read it wrote it down; null where the run has no such input. */
export function datasetQuery(runId: string, name: string, digest: string) {
  return queryOptions({
    queryKey: ["run", runId, "dataset", name, digest],
    queryFn: async ({ signal }) => {
      const { run } = await call("tracking.get_run", { run_id: runId }, signal);
      return run.inputs?.dataset_inputs?.find(({ dataset }) => dataset.name === name && dataset.digest === digest)?.dataset ?? null;
    },
    enabled: runId !== "",
  });
}
