/** Experiments as a tree of folders, by the slashes in their names. */

export interface Named {
  name: string;
  last_activity: number;
  runs: number;
}

export interface Folder<T> {
  /** The whole name up to and without the slash; "" for the root. */
  path: string;
  title: string;
  folders: Folder<T>[];
  items: T[];
  /** Of all that is in it, however deep. */
  count: number;
  runs: number;
  lastActivity: number;
}

export type TreeLine<T> = { kind: "folder"; folder: Folder<T>; depth: number } | { kind: "item"; item: T; depth: number };

/** A folder is made where two or more names share it; a name that is alone in its folder stays whole. */
export function treeOf<T extends Named>(items: readonly T[]): Folder<T> {
  const sizes = new Map<string, number>();
  for (const { name } of items) for (const path of foldersOf(name)) sizes.set(path, (sizes.get(path) ?? 0) + 1);
  const root = emptyFolder<T>("", "");
  const known = new Map<string, Folder<T>>([["", root]]);
  for (const item of items) {
    const above = [root];
    for (const path of foldersOf(item.name)) {
      if ((sizes.get(path) ?? 0) < 2) break;
      const parent = above[above.length - 1] ?? root;
      let folder = known.get(path);
      if (folder === undefined) {
        folder = emptyFolder<T>(path, parent.path === "" ? path : path.slice(parent.path.length + 1));
        known.set(path, folder);
        parent.folders.push(folder);
      }
      above.push(folder);
    }
    above[above.length - 1]?.items.push(item);
    for (const folder of above) {
      folder.count += 1;
      folder.runs += item.runs;
      folder.lastActivity = Math.max(folder.lastActivity, item.last_activity);
    }
  }
  return root;
}

/** The lines that are seen, each folder at the place of its last activity, without what is in the folded ones. */
export function linesOf<T extends Named>(folder: Folder<T>, folded: ReadonlySet<string>, depth = 0): TreeLine<T>[] {
  const entries = [
    ...folder.folders.map((each) => ({ at: each.lastActivity, lines: () => folderLines(each, folded, depth) })),
    ...folder.items.map((item) => ({ at: item.last_activity, lines: () => [{ kind: "item" as const, item, depth }] })),
  ];
  return entries.sort((one, other) => other.at - one.at).flatMap((entry) => entry.lines());
}

function folderLines<T extends Named>(folder: Folder<T>, folded: ReadonlySet<string>, depth: number): TreeLine<T>[] {
  return [{ kind: "folder", folder, depth }, ...(folded.has(folder.path) ? [] : linesOf(folder, folded, depth + 1))];
}

/** What of a name stands in its line: without the folders it is shown in. */
export function shortName(name: string, folder: string): string {
  return folder !== "" && name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : name;
}

function emptyFolder<T>(path: string, title: string): Folder<T> {
  return { path, title, folders: [], items: [], count: 0, runs: 0, lastActivity: 0 };
}

/** "a/b/c" is in "a" and in "a/b"; a slash at an end makes no folder. */
function foldersOf(name: string): string[] {
  const paths: string[] = [];
  for (let at = name.indexOf("/", 1); at > 0 && at < name.length - 1; at = name.indexOf("/", at + 1)) paths.push(name.slice(0, at));
  return paths;
}
