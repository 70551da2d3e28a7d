import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, SkeletonLines } from "../../components/States";
import { Tabs } from "../../components/Tabs";
import { useKeptView } from "../../lib/kept-view";
import { useLive } from "../../lib/live";
import { paths } from "../../paths";
import { compareQuery, MOST_RUNS } from "./api/compare-runs";
import { Charts } from "./components/Charts";
import { Differences } from "./components/Differences";
import { Files } from "./components/Files";
import { Legend } from "./components/Legend";
import { Relations } from "./components/Relations";
import { Hover, HoverContext } from "./hover";
import { comparisonOf } from "./logic/comparison";
import { outside, type Shared, useAxis, useBaseline, useBrushes, useParts, useRunIds, useStrokes } from "./view";

const MOST_WATCHED = 60;
const SNIPPET = 'runs = mlflow.search_runs(order_by=["metrics.loss"], max_results=5)\nprint("/compare?runs=" + ",".join(runs.run_id))';

export default function ComparePage() {
  const kept = useKeptView();
  const [runIds] = useRunIds();
  const [hover] = useState(() => new Hover());
  if (kept.error) return <Page title="Compare"><Failure what="The kept view could not be fetched." error={kept.error} onRetry={kept.retry} /></Page>;
  if (!kept.ready) return <Page title="Compare" fill><Waiting /></Page>;
  if (runIds.length === 0) return <Page title="Compare"><Empty snippet={SNIPPET}>No runs are chosen: select two or more in the table of runs, and press Compare.</Empty></Page>;
  return <HoverContext value={hover}><Comparison runIds={runIds} /></HoverContext>;
}

function Comparison({ runIds }: { runIds: readonly string[] }) {
  const [axis] = useAxis();
  const { shown, tabs } = useParts();
  const asked = useQuery(compareQuery(runIds, axis));
  const { brushes } = useBrushes();
  const [chosenBaseline] = useBaseline();
  const strokes = useStrokes(runIds);
  const compared = useMemo(() => {
    if (!asked.data) return null;
    const left = new Set(runIds);
    const whole = comparisonOf(asked.data);
    return { ...whole, runs: whole.runs.filter(({ id }) => left.has(id)) };
  }, [asked.data, runIds]);
  const running = compared?.runs.filter(({ status }) => status === "RUNNING").map(({ id }) => id) ?? [];
  useLive({ run_id: running.slice(0, MOST_WATCHED) }, running.length > 0);
  const shared: Shared | null = useMemo(() => {
    if (!compared) return null;
    const baseline = compared.runs.find(({ id }) => id === chosenBaseline) ?? compared.runs[0];
    return { compared, strokes, faded: outside(compared, brushes), baseline: baseline?.id ?? "" };
  }, [compared, strokes, brushes, chosenBaseline]);
  const experiment = compared?.runs[0]?.experiment;
  const crumbs = [{ title: "Experiments", href: paths.experiments() }, ...(experiment ? [{ title: "Runs", href: paths.runs(experiment) }] : [])];
  const unknown = compared && asked.data && !asked.isPlaceholderData ? Math.min(runIds.length, MOST_RUNS) - compared.runs.length : 0;
  return (
    <Page title={`Compare ${runIds.length} runs`} crumbs={crumbs} fill>
      <Tabs label="Parts of the comparison" tabs={tabs} current={shown} />
      {asked.error ? <Failure what="The runs could not be compared." error={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {runIds.length > MOST_RUNS ? <p role="status" className="text-warn">The first {MOST_RUNS} of {runIds.length} runs are compared.</p> : null}
      {unknown > 0 ? <p role="status" className="text-warn">{unknown} of the runs {unknown === 1 ? "is" : "are"} not there, or may not be read.</p> : null}
      {shared ? (
        <div className="flex min-h-0 flex-1 gap-4">
          <Legend shared={shared} />
          <div className="min-h-0 min-w-0 flex-1 overflow-auto pb-6">
            {shown === "charts" ? <Charts shared={shared} /> : null}
            {shown === "relations" ? <Relations shared={shared} /> : null}
            {shown === "differences" ? <Differences shared={shared} /> : null}
            {shown === "files" ? <Files shared={shared} /> : null}
          </div>
        </div>
      ) : asked.error ? null : <Waiting />}
    </Page>
  );
}

/** The shape the page will have. */
function Waiting() {
  return (
    <div className="flex min-h-0 flex-1 gap-4">
      <div className="w-56 shrink-0 2xl:w-72"><SkeletonLines label="the runs" lines={12} /></div>
      <div className="grid flex-1 grid-cols-[repeat(auto-fill,minmax(min(100%,25rem),1fr))] content-start gap-3 overflow-hidden pt-11">
        {Array.from({ length: 6 }, (_, place) => <Skeleton key={place} className="h-[300px]" />)}
      </div>
    </div>
  );
}
