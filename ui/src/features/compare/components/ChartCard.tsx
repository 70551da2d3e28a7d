import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { IconButton } from "../../../components/Button";
import { LineChart } from "../../../components/charts/LineChart";
import { Failure, Skeleton } from "../../../components/States";
import type { AxisName } from "../api/compare-runs";
import { seriesQuery } from "../api/get-series";
import { useHover } from "../hover";
import { linesOf, steppedBack } from "../logic/lines";
import { type Shared, useLog, useZoom } from "../view";
import { SeriesTable } from "./SeriesTable";

const AXES: Record<AxisName, { label: string; kind: "number" | "time" | "duration" }> = {
  step: { label: "step", kind: "number" },
  time: { label: "time", kind: "time" },
  relative: { label: "time since the first point", kind: "duration" },
};

interface Props {
  metric: string;
  shared: Shared;
  axis: AxisName;
  smoothing: number;
  asTable: boolean;
  height: number;
  onRemove: () => void;
}

/** One metric of all runs. */
export function ChartCard({ metric, shared, axis, smoothing, asTable, height, onRemove }: Props) {
  const { compared, strokes, faded } = shared;
  const [hovered, tell] = useHover();
  const [zoom, setZoom] = useZoom();
  const [logX] = useLog("x");
  const [logY] = useLog("y");
  const runIds = useMemo(() => compared.runs.map(({ id }) => id), [compared]);
  const first = compared.series.get(metric);
  const sampled = first?.some(({ total, values }) => total > values.length) ?? true;
  const asked = useQuery({ ...seriesQuery({ runIds, metric, axis, range: zoom }), enabled: first === undefined || (zoom !== null && sampled) });
  const series = (zoom !== null || first === undefined ? asked.data : undefined) ?? first;
  const names = useMemo(() => new Map(compared.runs.map(({ id, name }) => [id, name])), [compared]);
  const lines = useMemo(() => {
    const stroke = (id: string) => {
      const own = names.has(id) ? strokes.get(id) : undefined;
      return own && faded.has(id) ? steppedBack(own) : own;
    };
    return linesOf(series ?? [], axis, smoothing, { label: (id) => names.get(id) ?? id, stroke });
  }, [series, axis, smoothing, names, strokes, faded]);
  const { label, kind } = AXES[axis];
  return (
    <section aria-label={metric} className="flex min-w-0 flex-col rounded-md border border-line p-2">
      <header className="flex items-center justify-between gap-2">
        <h3 className="min-w-0 truncate font-medium" title={metric}>{metric}</h3>
        <IconButton label={`Remove the chart of ${metric}`} onClick={onRemove}>✕</IconButton>
      </header>
      {asked.error && !series ? <Failure what={`${metric} could not be fetched.`} error={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {series === undefined ? <div style={{ height }}><Skeleton className="h-full w-full" /></div> : asTable ? <div className="flex flex-col" style={{ height }}><SeriesTable metric={metric} series={series} shared={shared} /></div> : (
        <LineChart title={metric} lines={lines} xLabel={label} xKind={kind} height={height} logX={logX} logY={logY} hovered={hovered} onHover={tell} range={zoom} onZoom={setZoom} group="compare" />
      )}
    </section>
  );
}
