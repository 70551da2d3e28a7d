/** Where files are: a run's, a logged model's or a model version's, and how they are asked for. */

import { queryOptions } from "@tanstack/react-query";

import { call, url } from "../../lib/api";
import type { FileInfo } from "../../wire/types";

/** Whose files, as the rows of previews name them. */
export interface Owner {
  run_id?: string;
  model_id?: string;
  name?: string;
  version?: string;
}

/** Files below one root. Paths begin at the root. `uri` is what code calls the root. */
export interface FileStore {
  key: readonly string[];
  owner: Owner;
  uri: string;
  list: (path: string, signal: AbortSignal) => Promise<FileInfo[]>;
}

/** A store shown as a folder of another's top level. */
export interface Mount {
  name: string;
  store: FileStore;
  modelId?: string;
}

/** What a page of files shows: a root, and stores beside what is in it. */
export interface Space {
  root: FileStore;
  mounts: readonly Mount[];
}

type Page = { files?: FileInfo[]; next_page_token?: string };

async function pages(ask: (token: string) => Promise<Page>): Promise<FileInfo[]> {
  const found: FileInfo[] = [];
  let token = "";
  do {
    const page = await ask(token);
    found.push(...(page.files ?? []));
    token = page.next_page_token ?? "";
  } while (token);
  return found;
}

export function runStore(run: string): FileStore {
  return {
    key: ["run", run, "files"],
    owner: { run_id: run },
    uri: `runs:/${run}`,
    list: (path, signal) => pages((token) => call("artifacts.list_run_artifacts", { run_id: run, path, page_token: token }, signal)),
  };
}

export function modelStore(id: string): FileStore {
  return {
    key: ["model", id, "files"],
    owner: { model_id: id },
    uri: `models:/${id}`,
    list: (path, signal) =>
      pages((token) => call("artifacts.list_model_artifacts", { model_id: id, artifact_directory_path: path, page_token: token }, signal)),
  };
}

/** Where the folder of a version can be listed: in its logged model, or in a folder of its run. */
export interface VersionPlace {
  modelId: string;
  runId: string;
  path: string;
}

export function versionStore(name: string, version: string, place: VersionPlace): FileStore {
  const list: FileStore["list"] = place.modelId
    ? (path, signal) => modelStore(place.modelId).list(path, signal)
    : async (path, signal) => {
        const found = await runStore(place.runId).list(join(place.path, path), signal);
        const cut = place.path ? place.path.length + 1 : 0;
        return found.map((file) => ({ ...file, path: file.path.slice(cut) }));
      };
  return { key: ["version", name, version, "files"], owner: { name, version }, uri: `models:/${name}/${version}`, list };
}

export function join(folder: string, name: string): string {
  return folder && name ? `${folder}/${name}` : folder || name;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folders a path lies in, outermost first: "a/b/c" is in "a" and "a/b". */
export function foldersOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, place) => parts.slice(0, place + 1).join("/"));
}

/** The store that a path of the space leads into, and the path in it. */
export function locate(space: Space, path: string): { store: FileStore; path: string; mount?: Mount } {
  const mount = space.mounts.find((each) => path === each.name || path.startsWith(`${each.name}/`));
  return mount ? { store: mount.store, path: path.slice(mount.name.length + 1), mount } : { store: space.root, path };
}

/** The files of a folder, folders first, in the order people expect of names with numbers. */
export function folderQuery(space: Space, path: string) {
  const found = locate(space, path);
  return queryOptions({
    queryKey: [...found.store.key, found.path, path === "" ? space.mounts.map((mount) => mount.name).join("/") : ""],
    queryFn: async ({ signal }) => {
      const files = await found.store.list(found.path, signal);
      const named = files.map((file) => ({ ...file, path: join(found.mount?.name ?? "", file.path) }));
      const beside = path === "" ? space.mounts.map((mount) => ({ path: mount.name, is_dir: true })) : [];
      return sorted([...beside, ...named]);
    },
  });
}

const order = new Intl.Collator("en", { numeric: true }).compare;

export function sorted(files: readonly FileInfo[]): FileInfo[] {
  return [...files].sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || order(a.path, b.path));
}

/** The address a file is fetched from. */
export function fileUrl(store: FileStore, path: string): string {
  const { run_id, model_id, name, version } = store.owner;
  if (run_id) return url("artifacts.get_run_artifact", { run_id, path });
  if (model_id) return url("artifacts.get_model_artifact", { model_id, artifact_file_path: path });
  return url("artifacts.get_version_artifact", { name, version, path });
}

/** The address a folder is fetched from, as a ZIP archive. */
export function folderUrl(store: FileStore, path: string): string {
  return url("views.get_archive", { ...store.owner, path: path || undefined });
}

export function thumbnailUrl(store: FileStore, path: string, size = 256): string {
  return url("views.get_thumbnail", { ...store.owner, path, size });
}

/** What a file is, and the beginning of it. */
export function previewQuery(store: FileStore, path: string, rows = 500) {
  return queryOptions({
    queryKey: [...store.key, path, "preview", rows],
    queryFn: ({ signal }) => call("views.preview_file", { ...store.owner, path, rows }, signal),
    staleTime: 60_000,
  });
}
