import { ApiError, call } from "../../../lib/api";
import type { ModelVersion } from "../../../wire/types";

/** The folder that becomes a version: of a run, or a logged model as a whole. */
export interface Origin {
  source: string;
  runId: string;
  modelId?: string;
}

/** The next version of a name; the name is made where it is new. */
export async function registerModel(name: string, description: string, origin: Origin): Promise<ModelVersion> {
  const quoted = name.includes("'") ? `"${name}"` : `'${name}'`;
  const known = await call("registry.search_registered_models", { filter: `name = ${quoted}`, max_results: 1 });
  if (!known.registered_models?.length) {
    try {
      await call("registry.create_registered_model", { name });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "RESOURCE_ALREADY_EXISTS")) throw error; // somebody made it meanwhile
    }
  }
  const request = { name, source: origin.source, run_id: origin.runId, description, model_id: origin.modelId ?? null };
  return (await call("registry.create_model_version", request)).model_version;
}
