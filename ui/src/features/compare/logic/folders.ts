/** The artifacts of two runs in one list. */

import type { FileInfo } from "../../../wire/types";

export interface Entry {
  path: string;
  folder: boolean;
  side: "both" | "left" | "right";
  /** Of the left and of the right one; null where it is not known. */
  sizes: [number | null, number | null];
}

/** Folders first, and in each kind what both have. */
export function entriesOf(left: readonly FileInfo[], right: readonly FileInfo[]): Entry[] {
  const others = new Map(right.map((file) => [file.path, file]));
  const own = new Set(left.map(({ path }) => path));
  const entries = left.map((file): Entry => {
    const other = others.get(file.path);
    return { path: file.path, folder: file.is_dir, side: other && other.is_dir === file.is_dir ? "both" : "left", sizes: [file.file_size ?? null, other?.file_size ?? null] };
  });
  for (const file of right) if (!own.has(file.path)) entries.push({ path: file.path, folder: file.is_dir, side: "right", sizes: [null, file.file_size ?? null] });
  const rank = ({ folder, side }: Entry) => (folder ? 0 : 2) + (side === "both" ? 0 : 1);
  return entries.sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
}

/** The folder a path shows: of a folder, written with a slash at its end, itself. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at < 0 ? "" : path.slice(0, at);
}
