import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { useParams } from "wouter";

import { Grip } from "../../components/Grip";
import { Page } from "../../components/Page";
import { Failure, SkeletonLines } from "../../components/States";
import { ApiError } from "../../lib/api";
import { useKeptView } from "../../lib/kept-view";
import { useLive } from "../../lib/live";
import { experimentQuery } from "./api/get-experiment";
import { groupsQuery } from "./api/group-runs";
import { windowQuery } from "./api/list-runs";
import { Charts } from "./components/Charts";
import { FilterBox } from "./components/FilterBox";
import { Heading } from "./components/Heading";
import { Nothing } from "./components/Nothing";
import { RunsTable } from "./components/RunsTable";
import { SelectionBar } from "./components/SelectionBar";
import { Toolbar } from "./components/Toolbar";
import { askedOf } from "./logic/asked";
import { type TableState, useTable } from "./use-table";
import { useView } from "./view";

export default function RunsPage() {
  const { experiment = "" } = useParams();
  const kept = useKeptView();
  if (kept.error) return <Page title="Runs"><Failure what="The view of this address could not be read." error={kept.error} onRetry={kept.retry} /></Page>;
  if (!kept.ready) return <Page title="Runs"><SkeletonLines label="the view" lines={12} /></Page>;
  return <Runs key={experiment} experiment={experiment} />;
}

function Runs({ experiment }: { experiment: string }) {
  const view = useView(experiment);
  const state = useTable(view);
  const { lines } = state;
  useLive({ experiment_id: view.experiments });
  const refused = lines.error instanceof ApiError && lines.error.status === 400 && view.filter !== "" ? lines.error.message : null;
  const tryFilter = useTry(state);
  return (
    <Heading experiments={view.experiments} runs={lines.runs} groups={lines.groups} isFiltered={view.filter.trim() !== ""} isRefused={lines.error !== null}>
      <Toolbar state={state} filter={<FilterBox experiments={view.experiments} filter={view.filter} refused={refused} onApply={tryFilter} />} />
      {state.selects.count > 0 ? <SelectionBar state={state} /> : null}
      <Content state={state} refused={refused !== null} />
    </Heading>
  );
}

/** Ask for a filter's first rows before the address takes it; a filter that is refused leaves the table as it is. */
function useTry({ view, columns }: TableState) {
  const client = useQueryClient();
  return useCallback(
    async (filter: string): Promise<string | null> => {
      const { asked, groups } = askedOf({ ...view, filter }, namesOf(columns));
      try {
        if (groups) await client.fetchQuery(groupsQuery(groups, 0));
        else await client.fetchQuery(windowQuery(asked, 0));
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
      view.setFilter(filter);
      return null;
    },
    [client, view, columns],
  );
}

const namesOf = (columns: TableState["columns"]) => [...new Set([...columns.map((column) => column.name), "attributes.start_time", "attributes.status"])];

function Content({ state, refused }: { state: TableState; refused: boolean }) {
  const { view, lines } = state;
  const [hovered, setHovered] = useState<string | null>(null);
  const [drawn, setDrawn] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const only = view.experiments.length === 1 ? (view.experiments[0] ?? "") : "";
  const experiment = useQuery({ ...experimentQuery(only), enabled: only !== "" });
  const [wide, setWide] = useState(1200);
  if (lines.error && !refused) return <Failure what="The runs could not be read." error={lines.error} onRetry={lines.retry} />;
  if (lines.error) return null;
  if (lines.length === 0) return <Nothing view={view} name={experiment.data?.name} />;
  const table = <RunsTable state={state} hovered={hovered} onHover={setHovered} />;
  if (!view.split) return table;
  const share = drawn ?? Math.min(85, Math.max(15, view.split));
  return (
    <div ref={box} onPointerEnter={(event) => setWide(event.currentTarget.clientWidth)} className="grid min-h-0 flex-1" style={{ gridTemplateColumns: `minmax(0, ${share}fr) 10px minmax(0, ${100 - share}fr)` }}>
      <div className="flex min-h-0 min-w-0 flex-col">{table}</div>
      <Grip
        label="Width of the table"
        value={share}
        least={15}
        most={85}
        step={5}
        perPixel={100 / wide}
        onMove={setDrawn}
        onDone={(value) => {
          setDrawn(null);
          view.setSplit(Math.round(value));
        }}
        className="mx-[3px] rounded"
      />
      <Charts runs={state.drawn} hidden={view.hidden} metrics={state.metrics} hovered={hovered} onHover={setHovered} />
    </div>
  );
}
