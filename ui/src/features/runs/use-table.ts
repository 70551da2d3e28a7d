/** The table's state: its columns, lines, selection, baseline and which runs are drawn. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";

import { keysQuery } from "./api/find-keys";
import { varyingQuery } from "./api/find-varying";
import { branchQuery } from "./api/list-runs";
import { metricsOf } from "./logic/asked";
import { askedName, type Shown, shown, startColumns } from "./logic/columns";
import { type RunLine, runLine } from "./logic/lines";
import { isAll } from "./logic/selection";
import { type Lines, useLines } from "./use-lines";
import { type Selects, useSelects } from "./use-selects";
import type { View } from "./view";

const FIXED = ["attributes.status", "attributes.run_name"] as const;
const DRAWN = 10;
const MOST_DRAWN = 30;

export interface TableState {
  view: View;
  columns: readonly Shown[];
  setColumns: (columns: readonly Shown[] | null) => void;
  lines: Lines;
  selects: Selects;
  baseline: RunLine | null;
  /** The runs that have a colour: those selected, or the first ones. */
  drawn: readonly string[];
  metrics: readonly string[];
  toggleOpen: (id: string) => void;
  toggleHidden: (id: string) => void;
}

export function useTable(view: View): TableState {
  const columns = useColumns(view);
  const names = useMemo(() => [...new Set([...columns.map((column) => column.name), "attributes.start_time", "attributes.status"])], [columns]);
  const lines = useLines(view, names);
  useFreshVarying(view, lines);
  const selects = useSelects(view, lines);
  const metrics = useMemo(() => metricsOf(names), [names]);
  const baseline = useBaseline(view.baseline, names);
  const first = lines.loaded.slice(0, DRAWN).join();
  const { selection } = view;
  const drawn = useMemo(() => (selection.length && !isAll(selection) ? selection.slice(0, MOST_DRAWN) : first.split(",").filter(Boolean)), [selection, first]);
  const toggleOpen = useToggle(view.open, view.setOpen);
  const toggleHidden = useToggle(view.hidden, view.setHidden);
  return { view, columns, setColumns: view.setColumns, lines, selects, baseline, drawn, metrics, toggleOpen, toggleHidden };
}

function useToggle(all: readonly string[], set: (all: readonly string[]) => void): (id: string) => void {
  return useCallback((id) => set(all.includes(id) ? all.filter((each) => each !== id) : [...all, id]), [all, set]);
}

/** The columns of the address, or those the table starts with; status and name are always there. */
function useColumns(view: View): readonly Shown[] {
  const { experiments, columns } = view;
  const varying = useQuery({ ...varyingQuery(experiments), enabled: columns === null });
  const isPlain = varying.data?.params.length === 0;
  const params = useQuery({ ...keysQuery({ experiment_ids: [...experiments], kind: "params", limit: 8 }), enabled: columns === null && isPlain });
  return useMemo(() => {
    const metrics = (varying.data?.metrics ?? []).map(({ key }) => key).filter((key) => !key.startsWith("system/"));
    const told = ((isPlain ? params.data?.keys : varying.data?.params) ?? []).map(({ key }) => key);
    const wanted = columns ?? startColumns(told, metrics, experiments.length > 1);
    const missing = FIXED.filter((name) => !wanted.some((column) => column.name === name) && (columns === null || name === FIXED[1]));
    return [...missing.map((name) => shown(name, true)), ...wanted];
  }, [columns, varying.data, params.data, isPlain, experiments]);
}

/** Ask again for what varies when there are many more runs than before; while there are few, at every change of what is shown. */
function useFreshVarying(view: View, { asked, runs, updatedAt }: Lines): void {
  const client = useQueryClient();
  const size = runs === undefined || updatedAt === 0 ? null : runs <= 50 ? `at ${updatedAt}` : `about 2^${Math.floor(Math.log2(runs))}`;
  const before = useRef<{ asked: object; size: string } | null>(null);
  useEffect(() => {
    if (size === null) return;
    const { asked: question, size: then } = before.current ?? {};
    before.current = { asked, size };
    if (question !== asked || then === size) return; // the first answer to a question is no change
    void client.invalidateQueries({ queryKey: ["varying", view.experiments] });
    if (size.startsWith("at")) void client.invalidateQueries({ queryKey: ["keys"] });
  }, [client, asked, size, view.experiments]);
}

function useBaseline(id: string, columns: readonly string[]): RunLine | null {
  const names = columns.filter((name) => name.includes("metrics.") || name === "attributes.run_name");
  const found = useQuery({ ...branchQuery({ run_ids: [id], columns: [...new Set(names.map(askedName))] }), enabled: id !== "" });
  return useMemo(() => (id !== "" && found.data ? (runLine(found.data, 0) ?? null) : null), [id, found.data]);
}
