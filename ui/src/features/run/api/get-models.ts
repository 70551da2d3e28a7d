import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { LoggedModel, ModelVersion, Run } from "../../../wire/types";

export interface Models {
  /** Models that the run logged. */
  made: LoggedModel[];
  /** Models that the run read. */
  read: LoggedModel[];
  /** Registered versions that were made from the run. */
  versions: ModelVersion[];
}

export const modelsQuery = (run: Run) => {
  const made = (run.outputs?.model_outputs ?? []).map((each) => each.model_id);
  const read = (run.inputs?.model_inputs ?? []).map((each) => each.model_id);
  return queryOptions({
    queryKey: ["models", "of-run", run.info.run_id, made, read],
    queryFn: async ({ signal }): Promise<Models> => {
      const model = (model_id: string) => call("tracking.get_logged_model", { model_id }, signal).then((reply) => reply.model, () => null);
      const [madeModels, readModels, versions] = await Promise.all([
        Promise.all(made.map(model)),
        Promise.all(read.map(model)),
        call("registry.search_model_versions", { filter: `run_id = '${run.info.run_id}'`, max_results: 200 }, signal),
      ]);
      const there = (models: readonly (LoggedModel | null)[]) => models.filter((each) => each !== null);
      return { made: there(madeModels), read: there(readModels), versions: versions.model_versions ?? [] };
    },
  });
};
