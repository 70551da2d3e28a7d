/** The experiments that are found, as the lines of a tree, and which of them are selected. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useRef, useState } from "react";

import { type Codec, list, text, useUrlState } from "../../lib/url-state";
import type { ExperimentRow } from "../../wire/types";
import { experimentsQuery, type Stage } from "./api/list-experiments";
import type { Line } from "./components/ExperimentsTable";
import { type Folder, linesOf, treeOf } from "./logic/tree";

const NONE: readonly string[] = [];
const stages: Codec<Stage> = { parse: (raw) => (raw === "deleted" ? "deleted" : "active"), format: (stage) => stage };

export function useExperiments() {
  const [search, setSearch] = useUrlState("q", "", text);
  const [stage, setStage] = useUrlState<Stage>("stage", "active", stages);
  const [foldedList, setFolded] = useUrlState("folded", NONE, list);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<number | null>(null);
  const contains = useDeferredValue(search.trim());
  const query = useInfiniteQuery(experimentsQuery(contains, stage));
  const experiments = useMemo(() => query.data?.pages.flatMap((page) => page.experiments) ?? [], [query.data]);
  const folded = useMemo(() => new Set(foldedList), [foldedList]);
  const lines = useMemo(() => placed(linesOf(treeOf(experiments), folded)), [experiments, folded]);
  const selected = useMemo(() => new Map(experiments.filter((each) => chosen.has(each.experiment_id)).map((each) => [each.experiment_id, each])), [experiments, chosen]);
  const idAt = (place: number) => {
    const line = lines[place];
    return line?.kind === "item" ? line.item.experiment_id : null;
  };
  const select = (place: number, shift: boolean) => {
    const from = shift ? (anchor.current ?? place) : place;
    const [low, high] = from < place ? [from, place] : [place, from];
    const ids = Array.from({ length: high - low + 1 }, (_, step) => idAt(low + step)).filter((id) => id !== null);
    anchor.current = place;
    const next = new Set(selected.keys());
    for (const id of ids) if (!shift && next.has(id)) next.delete(id); else next.add(id);
    setChosen(next);
  };
  return {
    search, setSearch, stage, folded, query, lines, experiments,
    setStage: (next: Stage) => {
      setChosen(new Set());
      setStage(next);
    },
    total: query.data?.pages[0]?.total,
    fold: (path: string) => setFolded(folded.has(path) ? foldedList.filter((each) => each !== path) : [...foldedList, path]),
    selected: [...selected.values()] as readonly ExperimentRow[],
    isSelected: chosen,
    select,
    selectAll: () => setChosen(selected.size === experiments.length ? new Set() : new Set(experiments.map((each) => each.experiment_id))),
    clear: () => setChosen(new Set()),
  };
}

/** Every line with the folder it is shown in. */
function placed(lines: ReturnType<typeof linesOf<ExperimentRow>>): Line[] {
  const above: Folder<ExperimentRow>[] = [];
  return lines.map((line) => {
    above.length = line.depth;
    const within = above[line.depth - 1]?.path ?? "";
    if (line.kind === "folder") above[line.depth] = line.folder;
    return { ...line, within };
  });
}
