import { useRef, useState } from "react";
import { useLocation } from "wouter";

import { Button } from "../../components/Button";
import { Input } from "../../components/Field";
import { Page } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { useToast } from "../../components/Toasts";
import { formatCount } from "../../lib/format";
import { useKeys } from "../../lib/keys";
import { paths, prefix } from "../../paths";
import type { ExperimentRow } from "../../wire/types";
import { ExperimentsTable } from "./components/ExperimentsTable";
import { NameDialog } from "./components/NameDialog";
import { SelectionBar } from "./components/SelectionBar";
import { useExperiments } from "./use-experiments";

export default function ExperimentsPage() {
  const state = useExperiments();
  const { query, lines, total, experiments, stage } = state;
  const [naming, setNaming] = useState<"new" | ExperimentRow | null>(null);
  const [current, setCurrent] = useState<number | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const [, navigate] = useLocation();
  const toast = useToast();
  const move = (by: number) => setCurrent((now) => Math.min(lines.length - 1, Math.max(0, now === null ? 0 : now + by)));
  const line = current === null ? undefined : lines[current];
  useKeys([
    { keys: "/", what: "go to the search", run: () => search.current?.focus() },
    { keys: "j", what: "next experiment", run: () => move(1) },
    { keys: "k", what: "previous experiment", run: () => move(-1) },
    { keys: "x", what: "select the experiment", run: () => current !== null && state.select(current, false) },
    {
      keys: "Enter",
      what: "open the experiment or folder",
      run: (event) => {
        if (event.target instanceof HTMLElement && event.target.closest("a, button, input")) return;
        if (line?.kind === "item") navigate(paths.runs(line.item.experiment_id));
        if (line?.kind === "folder") state.fold(line.folder.path);
      },
    },
  ]);
  return (
    <Page fill title="Experiments" actions={<Button kind="primary" onClick={() => setNaming("new")}>New experiment</Button>}>
      <div className="flex flex-wrap items-center gap-2">
        <Input
          ref={search}
          type="search"
          aria-label="Search experiments"
          placeholder="Search by name ( / )"
          className="min-w-64 flex-1"
          value={state.search}
          onChange={(event) => state.setSearch(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <div role="group" aria-label="Which experiments" className="flex">
          {(["active", "deleted"] as const).map((each) => (
            <Button key={each} aria-pressed={stage === each} className={`first:rounded-r-none last:rounded-l-none ${stage === each ? "bg-tint text-accent" : ""}`} onClick={() => state.setStage(each)}>
              {each === "active" ? "Active" : "Deleted"}
            </Button>
          ))}
        </div>
        <span role="status" aria-label="Total" className="min-w-28 text-right text-muted tabular-nums">{total === undefined ? "" : `${formatCount(total)} experiment${total === 1 ? "" : "s"}`}</span>
      </div>
      {state.selected.length ? <SelectionBar state={state} /> : null}
      {query.error ? <Failure what="The experiments could not be read." error={query.error} onRetry={() => void query.refetch()} /> : null}
      {total === undefined && !query.error ? <SkeletonLines label="the experiments" lines={14} /> : null}
      {total === 0 ? <Nothing search={state.search} isDeleted={stage === "deleted"} /> : null}
      {total ? (
        <ExperimentsTable
          lines={lines}
          folded={state.folded}
          selected={state.isSelected}
          isAll={experiments.length > 0 && state.selected.length === experiments.length}
          current={current}
          onFold={state.fold}
          onSelect={state.select}
          onSelectAll={state.selectAll}
          onRename={setNaming}
        />
      ) : null}
      {query.hasNextPage ? (
        <p className="text-muted">
          {formatCount(experiments.length)} are shown. <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show 1,000 more</Button>
        </p>
      ) : null}
      <NameDialog
        open={naming !== null}
        renamed={naming === null || naming === "new" ? null : { id: naming.experiment_id, name: naming.name }}
        onClose={() => setNaming(null)}
        onDone={(name) => {
          toast(naming === "new" ? `${name} was created.` : `Renamed to ${name}.`);
          setNaming(null);
        }}
      />
    </Page>
  );
}

function Nothing({ search, isDeleted }: { search: string; isDeleted: boolean }) {
  if (search.trim() !== "") return <Empty>No {isDeleted ? "deleted " : ""}experiment has “{search.trim()}” in its name.</Empty>;
  if (isDeleted) return <Empty>No experiment is deleted.</Empty>;
  const server = window.location.origin + prefix;
  return (
    <Empty snippet={`import modelyard as mlflow\n\nmlflow.set_tracking_uri(${JSON.stringify(server)})\nmlflow.set_experiment("my-experiment")\nwith mlflow.start_run():\n    mlflow.log_metric("rmse", 0.79)`}>
      No experiments yet. A script like this one makes the first:
    </Empty>
  );
}
