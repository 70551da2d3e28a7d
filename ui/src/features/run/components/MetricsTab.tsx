import { useMemo, useRef } from "react";

import { Empty } from "../../../components/States";
import { useKeys } from "../../../lib/keys";
import type { Run } from "../../../wire/types";
import { grouped, matching, metricsOf } from "../logic/groups";
import { useChartView } from "../use-chart-view";
import { ChartSections } from "./ChartSections";
import { Controls } from "./Controls";
import { LargeChart } from "./LargeChart";
import { StepTable } from "./StepTable";

const LOG = `import modelyard as mlflow

with mlflow.start_run():
    for step in range(100):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`;

const LOG_SYSTEM = `import modelyard as mlflow

mlflow.enable_system_metrics_logging()

with mlflow.start_run():
    ...  # processor, memory, disk, network and GPU are measured while the run goes on`;

/** The charts of a run's metrics, or of what was measured of its machine. */
export function MetricsTab({ run, system }: { run: Run; system: boolean }) {
  const [view, set] = useChartView(system);
  const search = useRef<HTMLInputElement>(null);
  const keys = run.data?.metrics;
  const metrics = useMemo(() => metricsOf((keys ?? []).map((metric) => metric.key), system), [keys, system]);
  const shown = useMemo(() => matching(metrics, view.search), [metrics, view.search]);
  const groups = useMemo(() => {
    const pinned = shown.filter((metric) => view.pins.includes(metric));
    const others = system ? [{ prefix: "", metrics: shown }] : grouped(shown);
    return pinned.length ? [{ prefix: "Pinned", metrics: pinned }, ...others] : others;
  }, [shown, view.pins, system]);
  useKeys([{ keys: "/", what: "search the metrics", run: () => search.current?.focus() }]);
  if (metrics.length === 0) {
    return system ? (
      <Empty snippet={LOG_SYSTEM}>No system metrics were logged in this run. They are measured once this is turned on:</Empty>
    ) : (
      <Empty snippet={LOG}>No metrics were logged in this run yet. One is drawn as soon as it has two points:</Empty>
    );
  }
  return (
    <>
      <Controls view={view} set={set} shown={shown.length} total={metrics.length} search={search} system={system} />
      {shown.length === 0 ? <Empty>No metric has “{view.search}” in its name.</Empty> : null}
      {view.mode === "steps" ? (
        <StepTable run={run} metrics={shown} points={view.points} />
      ) : (
        <ChartSections run={run} groups={groups} view={view} set={set} system={system} />
      )}
      <LargeChart run={run} metric={metrics.includes(view.large) ? view.large : null} view={view} onClose={() => set("large", "")} />
    </>
  );
}
