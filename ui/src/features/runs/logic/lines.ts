/** The rows of the table: runs at some depth, groups of runs, and a word where more would follow. */

import type { RunGroup, RunGroups, RunRows } from "../../../wire/types";
import { askedName, partsOf, quotedKey } from "./columns";

export type Cell = string | number | boolean | null;

export interface RunLine {
  kind: "run";
  id: string;
  children: number;
  depth: number;
  rows: RunRows;
  at: number;
}

export interface GroupLine {
  kind: "group";
  id: string;
  group: RunGroup;
}

export interface MoreLine {
  kind: "more";
  id: string;
  text: string;
}

export type Line = RunLine | GroupLine | MoreLine;

export function runLine(rows: RunRows, at: number, depth = 0): RunLine | undefined {
  const id = rows.run_ids[at];
  return id === undefined ? undefined : { kind: "run", id, children: rows.children[at] ?? 0, depth, rows, at };
}

const made = new WeakMap<RunRows | RunGroups, (Line | undefined)[]>();

/** A line of a page of the table: the same object for as long as the page is, so that its row is drawn once. */
export function lineIn(page: RunRows | RunGroups, at: number): Line | undefined {
  const lines = made.get(page) ?? [];
  made.set(page, lines);
  lines[at] ??= "run_ids" in page ? runLine(page, at) : groupLine(page, at);
  return lines[at];
}

function groupLine(page: RunGroups, at: number): GroupLine | undefined {
  const group = page.groups[at];
  return group && { kind: "group", id: groupId(group), group };
}

export function cellOf(line: RunLine, name: string): Cell {
  return line.rows.columns[askedName(name)]?.[line.at] ?? null;
}

/** The lines below an open one, and below those of them that are open too; depth first. */
export function linesBelow(parent: string, depth: number, branches: ReadonlyMap<string, RunRows>, path: readonly string[] = []): Line[] {
  const rows = branches.get(parent);
  if (rows === undefined || path.includes(parent)) return [];
  const lines: Line[] = rows.run_ids.flatMap((id, at) => {
    const line = runLine(rows, at, depth);
    return line ? [line, ...linesBelow(id, depth + 1, branches, [...path, parent])] : [];
  });
  const left = rows.total - rows.run_ids.length;
  if (left > 0) lines.push({ kind: "more", id: `${parent}+`, text: `and ${left.toLocaleString("en-US")} more: filter for them to see all` });
  return lines;
}

export const groupId = (group: RunGroup): string => JSON.stringify(group.values);

/** The filter that finds the runs of a group among those of a filter. */
export function groupFilter(filter: string, by: readonly string[], values: readonly (string | null)[]): string {
  const own = by.map((name, place) => {
    const { kind, key } = partsOf(name);
    const field = `${kind}.${quotedKey(key, kind)}`;
    const value = values[place];
    return value === null || value === undefined ? `${field} IS NULL` : `${field} = '${value.replaceAll("'", "''")}'`;
  });
  return [...(filter.trim() ? [`(${filter})`] : []), ...own].join(" AND ");
}
