/** The lines of the table, whatever they are: runs, nested runs, groups and what is below those that are open. */

import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import type { RunGroups, RunRows } from "../../wire/types";
import { groupsQuery } from "./api/group-runs";
import { type Asked, branchQuery, countQuery, windowQuery } from "./api/list-runs";
import { type AskedView, askedOf } from "./logic/asked";
import { groupFilter, groupId, type Line, lineIn, linesBelow } from "./logic/lines";
import { type Branch, lengthWith, placeIn, spotAt, topAt } from "./logic/windows";
import { useWindows } from "./use-windows";

export interface Lines {
  /** How many lines there are; undefined until the first answer. */
  length: number | undefined;
  /** How many runs match, nested ones too. */
  runs: number | undefined;
  groups: number | undefined;
  lineAt: (place: number) => Line | undefined;
  /** The ids of the runs that are loaded around what is seen, in their order. */
  loaded: readonly string[];
  onRange: (first: number, last: number) => void;
  /** Runs that have children can be opened. */
  nested: boolean;
  /** What is asked for: the same object until it is another question. */
  asked: object;
  updatedAt: number;
  error: Error | null;
  retry: () => void;
}

const NONE: readonly string[] = [];

type LinesView = AskedView & { open: readonly string[] };

export function useLines(view: LinesView, columns: readonly string[]): Lines {
  const { experiments, filter, sort, group, aggregate, stage, flat } = view;
  const { asked, groups, rows, nested } = useMemo(
    () => askedOf({ experiments, filter, sort, group, aggregate, stage, flat }, columns),
    [experiments, filter, sort, group, aggregate, stage, flat, columns],
  );
  const make = useCallback(
    (window: number) => (groups ? groupsQuery(groups, window) : windowQuery(asked, window)) as ReturnType<typeof windowQuery>,
    [asked, groups],
  );
  const windows = useWindows<RunRows | RunGroups>(make as never, rows);
  const key = useMemo(() => (groups ? ["runs", "groups", groups] : ["runs", "window", asked]), [groups, asked]);
  const tops = useOpenTops(nested || groups ? view.open : NONE, windows.pages, key);
  const branches = useBranches(view, asked, nested, tops);

  const pageAt = windows.pageAt;
  const topLine = (top: number): Line | undefined => {
    const { window, at } = placeIn(top);
    const page = pageAt(window);
    return page && lineIn(page, at);
  };
  const lineAt = (place: number): Line | undefined => {
    const spot = spotAt(place, branches);
    return "row" in spot ? spot.row : topLine(spot.top);
  };
  const windowsOnRange = windows.onRange;
  const onRange = useCallback(
    (first: number, last: number) => windowsOnRange(topAt(first, branches), topAt(last, branches)),
    [windowsOnRange, branches],
  );
  const branched = windows.pages.some(([, page]) => "children" in page && page.children.some((count) => count > 0));
  const count = useQuery({ ...countQuery({ ...asked, roots_only: false }), enabled: groups !== null || (nested && branched) });
  const total = windows.total;
  return {
    length: total === undefined ? undefined : lengthWith(total, branches),
    runs: groups !== null || (nested && branched) ? count.data : total,
    groups: groups ? total : undefined,
    lineAt,
    loaded: loadedRuns(windows.pages, branches),
    onRange,
    nested,
    asked: groups ?? asked,
    updatedAt: windows.updatedAt,
    error: windows.error,
    retry: windows.retry,
  };
}

interface OpenTop {
  id: string;
  at: number;
  values: readonly (string | null)[] | null;
}

/** The open rows and their places, as far as they have been loaded. */
function useOpenTops(open: readonly string[], pages: unknown, key: readonly unknown[]): OpenTop[] {
  const client = useQueryClient();
  return useMemo(() => {
    if (open.length === 0) return [];
    const wanted = new Set(open);
    const found = new Map<number, OpenTop>();
    for (const query of client.getQueryCache().findAll({ queryKey: key })) {
      const page = query.state.data as RunRows | RunGroups | undefined;
      const start = Number(query.queryKey[3]) * 100;
      if (page === undefined) continue;
      if ("run_ids" in page) {
        page.run_ids.forEach((id, at) => wanted.has(id) && page.children[at] && found.set(start + at, { id, at: start + at, values: null }));
      } else {
        page.groups.forEach((group, at) => {
          const id = groupId(group);
          if (wanted.has(id)) found.set(start + at, { id, at: start + at, values: group.values });
        });
      }
    }
    return [...found.values()].sort((one, other) => one.at - other.at);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the pages say when the cache has changed
  }, [client, open, pages, key]);
}

/** What is below the open rows, and below those that are open among it. */
function useBranches(view: LinesView, asked: Asked, nested: boolean, tops: readonly OpenTop[]): Branch<Line>[] {
  const parents = nested ? view.open : [];
  const queries = [
    ...parents.map((id) => branchQuery({ ...asked, filter: "", roots_only: false, parent_run_id: id })),
    ...tops.filter((top) => top.values).map((top) => branchQuery({ ...asked, filter: groupFilter(view.filter, view.group, top.values ?? []) })),
  ];
  const names = [...parents, ...tops.filter((top) => top.values).map((top) => top.id)];
  const results = useQueries({ queries });
  const known = new Map(names.flatMap((name, place) => (results[place]?.data ? [[name, results[place].data] as const] : [])));
  const mark = JSON.stringify([tops.map(({ id, at }) => [id, at]), names, results.map((result) => result.dataUpdatedAt)]);
  return useMemo(
    () => tops.map(({ id, at }) => ({ at, rows: linesBelow(id, 1, known) })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the mark names all that it is made of
    [mark],
  );
}

function loadedRuns(pages: readonly (readonly [number, RunRows | RunGroups])[], branches: readonly Branch<Line>[]): string[] {
  const below = branches.flatMap((branch) => branch.rows.flatMap((line) => (line.kind === "run" ? [line.id] : [])));
  return [...pages.flatMap(([, page]) => ("run_ids" in page ? page.run_ids : [])), ...below];
}
