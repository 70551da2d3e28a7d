/** The tree of files as rows, and what the keys of the keyboard do in it. */

import type { FileInfo } from "../../wire/types";
import { baseName } from "./store";

/** A folder that was asked for: its files, or why there are none yet. */
export type Folder = { files: readonly FileInfo[] } | { wait: true } | { error: unknown };

export interface TreeRow {
  path: string;
  name: string;
  depth: number;
  kind: "file" | "folder" | "wait" | "error";
  open: boolean;
  size: number | null;
  /** Its place among its siblings, from 1, and how many they are. */
  place: number;
  siblings: number;
}

/** All rows that are seen: the open folders with what is in them, depth first. */
export function treeRows(folders: ReadonlyMap<string, Folder>, open: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (path: string, depth: number) => {
    const folder = folders.get(path);
    if (folder === undefined || !("files" in folder)) {
      const kind = folder !== undefined && "error" in folder ? "error" : "wait";
      rows.push({ path, name: "", depth, kind, open: false, size: null, place: 1, siblings: 1 });
      return;
    }
    folder.files.forEach((file, place) => {
      const isOpen = file.is_dir && open.has(file.path);
      rows.push({
        path: file.path,
        name: baseName(file.path),
        depth,
        kind: file.is_dir ? "folder" : "file",
        open: isOpen,
        size: file.is_dir ? null : (file.file_size ?? null),
        place: place + 1,
        siblings: folder.files.length,
      });
      if (isOpen) add(file.path, depth + 1);
    });
  };
  add("", 0);
  return rows;
}

export type Move = { go: number } | { toggle: string } | { choose: string } | null;

/** What a key does at a row, as trees do in the pattern of ARIA. */
export function treeMove(rows: readonly TreeRow[], at: number, key: string): Move {
  const row = rows[at];
  if (row === undefined) return rows.length ? { go: 0 } : null;
  switch (key) {
    case "ArrowDown":
      return { go: Math.min(rows.length - 1, at + 1) };
    case "ArrowUp":
      return { go: Math.max(0, at - 1) };
    case "Home":
      return { go: 0 };
    case "End":
      return { go: rows.length - 1 };
    case "PageDown":
      return { go: Math.min(rows.length - 1, at + 15) };
    case "PageUp":
      return { go: Math.max(0, at - 15) };
    case "ArrowRight":
      if (row.kind !== "folder") return null;
      return row.open ? { go: Math.min(rows.length - 1, at + 1) } : { toggle: row.path };
    case "ArrowLeft":
      return row.open ? { toggle: row.path } : parentOf(rows, at);
    case "Enter":
    case " ":
      return row.kind === "file" || row.kind === "folder" ? { choose: row.path } : null;
    default:
      return null;
  }
}

function parentOf(rows: readonly TreeRow[], at: number): Move {
  const depth = rows[at]?.depth ?? 0;
  for (let place = at - 1; place >= 0; place -= 1) {
    if ((rows[place]?.depth ?? 0) < depth) return { go: place };
  }
  return null;
}

/** The next row whose name begins with what was typed, from the one after `at` and round. */
export function treeFind(rows: readonly TreeRow[], at: number, typed: string): number {
  const wanted = typed.toLowerCase();
  for (let step = 1; step <= rows.length; step += 1) {
    const place = (at + step) % rows.length;
    if (rows[place]?.name.toLowerCase().startsWith(wanted)) return place;
  }
  return at;
}
