/** What of the page is in its address. */

import { useMemo } from "react";

import { type Codec, flag, list, number, text, useUrlState } from "../../lib/url-state";
import { columnsCodec, sortCodec } from "./logic/columns";

export type Stage = "active" | "deleted" | "all";
export type Aggregate = "mean" | "min" | "max";

export const VIEW_TYPES = { active: "ACTIVE_ONLY", deleted: "DELETED_ONLY", all: "ALL" } as const;

const oneOf = <T extends string>(): Codec<T> => ({ parse: (raw) => raw as T, format: (value) => value });
const NONE: readonly string[] = [];

/** Every part of the view with what sets it: `view.filter`, `view.setFilter(…)`. */
export function useView(experiment: string) {
  const [several] = useUrlState("experiments", NONE, list);
  const [filter, setFilter] = useUrlState("filter", "", text);
  const [sort, setSort] = useUrlState("sort", null, sortCodec);
  const [columns, setColumns] = useUrlState("cols", null, columnsCodec);
  const [group, setGroup] = useUrlState("group", NONE, list);
  const [aggregate, setAggregate] = useUrlState<Aggregate>("agg", "mean", oneOf<Aggregate>());
  const [stage, setStage] = useUrlState<Stage>("stage", "active", oneOf<Stage>());
  const [flat, setFlat] = useUrlState("flat", false, flag);
  const [baseline, setBaseline] = useUrlState("base", "", text);
  const [selection, setSelection] = useUrlState("sel", NONE, list);
  const [open, setOpen] = useUrlState("open", NONE, list);
  const [hidden, setHidden] = useUrlState("hide", NONE, list);
  const [split, setSplit] = useUrlState("charts", 0, number);
  const experiments = useMemo(() => (several.length ? several : [experiment]), [several, experiment]);
  return {
    experiments, filter, setFilter, sort, setSort, columns, setColumns, group, setGroup, aggregate, setAggregate,
    stage: stage in VIEW_TYPES ? stage : "active" as const, setStage, flat, setFlat, baseline, setBaseline,
    selection, setSelection, open, setOpen, hidden, setHidden, split, setSplit,
  };
}

export type View = ReturnType<typeof useView>;
