import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { LineChart } from "../../../components/charts/LineChart";
import type { Line } from "../../../components/charts/types";
import { Failure, Skeleton } from "../../../components/States";
import { strokeAt } from "../../../lib/color";
import { useDark } from "../../../lib/theme";
import type { Series } from "../../../wire/types";
import { seriesQuery } from "../api/get-series";
import { branchQuery } from "../api/list-runs";

const MOST_METRICS = 12;
const HEIGHT = 200;

interface Props {
  runs: readonly string[];
  hidden: readonly string[];
  metrics: readonly string[];
  hovered: string | null;
  onHover: (run: string | null) => void;
}

/** The shown metrics of the drawn runs, each over its steps. */
export function Charts({ runs, hidden, metrics, hovered, onHover }: Props) {
  const dark = useDark();
  const shown = metrics.slice(0, MOST_METRICS);
  const isAsked = runs.length > 0 && shown.length > 0;
  const found = useQuery({ ...seriesQuery(runs, shown), enabled: isAsked });
  const named = useQuery({ ...branchQuery({ run_ids: [...runs], columns: ["attributes.run_name"] }), enabled: isAsked });
  const lines = useMemo(() => {
    const names = new Map(named.data?.run_ids.map((id, at) => [id, String(named.data.columns["attributes.run_name"]?.[at] ?? id)]));
    const charts = new Map<string, Line[]>();
    for (const series of found.data?.series ?? []) {
      const place = runs.indexOf(series.run_id);
      if (place < 0 || hidden.includes(series.run_id)) continue;
      charts.set(series.metric, [...(charts.get(series.metric) ?? []), lineOf(series, names.get(series.run_id) ?? series.run_id, place, dark)]);
    }
    return charts;
  }, [found.data, named.data, runs, hidden, dark]);
  if (runs.length === 0) return <p className="p-3 text-muted">Open a group or select runs, and their charts are here.</p>;
  if (!isAsked) return <p className="p-3 text-muted">Show a metric as a column, and its chart is here.</p>;
  if (found.error) return <Failure what="The charts could not be read." error={found.error} onRetry={() => void found.refetch()} />;
  const drawable = shown.filter((metric) => found.data === undefined || lines.has(metric));
  return (
    <div className="grid content-start gap-3 overflow-auto pr-1 [grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr))]">
      {drawable.map((metric) => (
        <section key={metric} aria-label={metric} className="min-w-0 rounded-md border border-line p-2">
          <h2 className="truncate font-medium" title={metric}>{metric}</h2>
          {found.data ? (
            <LineChart title={metric} lines={lines.get(metric) ?? []} xLabel="step" height={HEIGHT} hovered={hovered} onHover={onHover} group="runs" />
          ) : <Skeleton className="h-[200px]" />}
        </section>
      ))}
      {drawable.length === 0 ? <p className="p-3 text-muted">The runs that are drawn have no points of the metrics that are shown.</p> : null}
      {metrics.length > MOST_METRICS ? <p className="text-muted">Drawn are the first {MOST_METRICS} of {metrics.length} metrics that are shown.</p> : null}
    </div>
  );
}

function lineOf(series: Series, label: string, place: number, dark: boolean): Line {
  return {
    key: series.run_id,
    label,
    x: series.steps,
    y: series.values.map((value) => (typeof value === "number" ? value : null)),
    stroke: strokeAt(place, dark),
  };
}
