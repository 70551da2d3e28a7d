/** The files of a run: those it logged as files, and the models it logged as folders beside them. */

import { type FileStore, join, type Mount, modelStore, runStore, type Space } from "../../components/files/store";
import type { FileInfo, LoggedModel } from "../../wire/types";
import type { Origin } from "./api/register-model";

/** Names of folders for models: the model's own, and its id behind it where that name is taken. */
export function mounts(models: readonly LoggedModel[], taken: ReadonlySet<string>): Mount[] {
  const counts = new Map<string, number>();
  for (const { info } of models) counts.set(info.name, (counts.get(info.name) ?? 0) + 1);
  return models.map(({ info }) => {
    const alone = counts.get(info.name) === 1 && !taken.has(info.name);
    const name = info.name.replaceAll("/", "_") || "model";
    return { name: alone ? name : `${name} (${info.model_id.slice(0, 10)})`, store: modelStore(info.model_id), modelId: info.model_id };
  });
}

export function runSpace(run: string, models: readonly LoggedModel[], files: readonly FileInfo[]): Space {
  return { root: runStore(run), mounts: mounts(models, new Set(files.map((file) => file.path))) };
}

/** Whether what is in a folder makes it a model. */
export function isModel(files: readonly FileInfo[]): boolean {
  return files.some((file) => !file.is_dir && (file.path === "MLmodel" || file.path.endsWith("/MLmodel")));
}

/**
 * What a version made of a folder names as its source; null for a folder inside a logged model, which is none by itself.
 * `root` is where the run's artifacts are.
 */
export function originOf(run: string, root: string, store: FileStore, path: string): Origin | null {
  const { model_id } = store.owner;
  if (model_id === undefined) return { source: join(root.replace(/\/+$/, ""), path), runId: run };
  return path === "" ? { source: `models:/${model_id}`, runId: run, modelId: model_id } : null;
}
