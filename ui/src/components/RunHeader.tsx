import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

import { formatDuration } from "../lib/format";
import { useLive } from "../lib/live";
import { experimentQuery, isStale, livenessQuery, nameOf, parentsQuery, runQuery } from "../lib/run";
import { paths, type RunTab, runTabs } from "../paths";
import type { Run } from "../wire/types";
import { Badge, Status } from "./Badge";
import { Copy } from "./Copy";
import { Page } from "./Page";
import { RunActions } from "./run/RunActions";
import { RunName } from "./run/RunName";
import { Failure, Skeleton } from "./States";
import { Tabs } from "./Tabs";
import { When } from "./When";

interface Props {
  runId: string;
  tab: RunTab;
  fill?: boolean;
  /** What the tab shows; it is there once the run is known. */
  children: (run: Run) => ReactNode;
}

const TITLES: Record<RunTab, string> = { overview: "Overview", metrics: "Metrics", system: "System", artifacts: "Artifacts" };

/** A page about one run: what it is, what can be done with it, and the tabs. Live while the run goes on. */
export function RunPage({ runId, tab, fill = false, children }: Props) {
  const { data: run, error, refetch } = useQuery(runQuery(runId));
  useLive({ run_id: [runId] }, run?.info.status === "RUNNING");
  const tabs = runTabs.map((key) => ({ key, title: TITLES[key], href: paths.run(runId, key) }));
  if (run) return <Known run={run} fill={fill} tabs={<Tabs tabs={tabs} current={tab} label="Parts of the run" />}>{children(run)}</Known>;
  return (
    <Page title="Run" crumbs={[{ title: "Experiments", href: paths.experiments() }]} fill={fill}>
      {error ? <Failure what="The run could not be read." error={error} onRetry={() => void refetch()} /> : (
        <div role="status" aria-label="Loading the run" className="flex flex-col gap-3">
          <Skeleton className="h-6 w-96 max-w-full" />
          <Skeleton className="h-9 w-full" />
          <Skeleton className="h-72 w-full" />
        </div>
      )}
    </Page>
  );
}

interface KnownProps {
  run: Run;
  fill: boolean;
  tabs: ReactNode;
  children: ReactNode;
}

function Known({ run, fill, tabs, children }: KnownProps) {
  const { experiment_id: experimentId } = run.info;
  const { data: experiment } = useQuery(experimentQuery(experimentId));
  const { data: parents = [] } = useQuery(parentsQuery(run));
  const crumbs = [
    { title: "Experiments", href: paths.experiments() },
    { title: experiment?.name ?? `experiment ${experimentId}`, href: paths.runs(experimentId) },
    ...parents.map((parent) => ({ title: nameOf(parent), href: paths.run(parent.info.run_id) })),
  ];
  return (
    <Page title={nameOf(run)} heading={<RunName run={run} />} crumbs={crumbs} actions={<RunActions run={run} />} fill={fill}>
      <Facts run={run} />
      {tabs}
      {children}
    </Page>
  );
}

function Facts({ run }: { run: Run }) {
  const { run_id: runId, status = "", start_time: start, end_time: end, lifecycle_stage: stage } = run.info;
  const running = status === "RUNNING";
  const { data: liveness } = useQuery(livenessQuery(runId, running));
  const now = useNow(running);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
      <Status status={status} />
      {stage === "deleted" ? <Badge tone="bad"><span aria-hidden>🗑</span>deleted</Badge> : null}
      {isStale(running, liveness?.silent_ms) ? (
        <Badge tone="warn" title="The run says that it goes on, but its process has given no sign of life for more than 30 seconds.">
          <span aria-hidden>⚠</span>stale: silent for {formatDuration(liveness?.silent_ms)}
        </Badge>
      ) : null}
      <span>started <When time={start} /></span>
      <span>{running ? "for" : "took"} {formatDuration(start ? (end || now) - start : null)}</span>
      <span className="inline-flex items-center">id <code className="ml-1 font-mono text-fg">{runId}</code><Copy text={runId} label="Copy the id of the run" /></span>
    </div>
  );
}

/** The time, once a second while somebody needs it. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, [ticking]);
  return now;
}
