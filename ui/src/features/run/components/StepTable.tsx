import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Range } from "../../../components/charts/types";
import { Failure, SkeletonLines } from "../../../components/States";
import { VirtualTable } from "../../../components/VirtualTable";
import { formatCount, formatNumber } from "../../../lib/format";
import type { Run } from "../../../wire/types";
import { manySeriesQuery } from "../api/get-series";
import { type StepRow, stepRows } from "../logic/steps";
import { RangeFields } from "./RangeFields";

const MOST = 400;

/** A row a step, a column a metric. */
export function StepTable({ run, metrics: all, points }: { run: Run; metrics: readonly string[]; points: number }) {
  const metrics = useMemo(() => all.slice(0, MOST), [all]);
  const [range, setRange] = useState<Range | null>(null);
  const { data, error, refetch } = useQuery(manySeriesQuery(metrics, { runId: run.info.run_id, axis: "step", points, range }));
  const rows = useMemo(() => stepRows(data ?? []), [data]);
  const partial = (data ?? []).some((series) => series.values.length < series.total);
  const columns = useMemo(
    () => [
      { key: "step", title: "step", width: 90, align: "right" as const, pinned: true, cell: (row: StepRow) => formatCount(row.step) },
      ...metrics.map((metric) => ({
        key: metric,
        title: metric,
        width: Math.min(220, Math.max(100, metric.length * 7 + 24)),
        align: "right" as const,
        cell: (row: StepRow) => <span title={String(row.values.get(metric) ?? "")}>{row.values.has(metric) ? formatNumber(row.values.get(metric), 6) : ""}</span>,
      })),
    ],
    [metrics],
  );
  if (error && !data) return <Failure what="The values could not be read." error={error} onRetry={() => void refetch()} />;
  return (
    <section aria-label="Values by step" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-end gap-4">
        <RangeFields key={JSON.stringify(range)} axis="step" range={range} onChange={setRange} />
        <p className="text-muted">
          {formatCount(rows.length)} {rows.length === 1 ? "step" : "steps"}
          {partial ? "; the series are longer, choose a smaller range to see every step" : ""}
          {all.length > MOST ? `; the first ${MOST} of ${formatCount(all.length)} metrics, search to see others` : ""}
        </p>
      </div>
      {data || metrics.length === 0 ? (
        <div className="flex h-[60vh] flex-col"><VirtualTable label="Values by step" columns={columns} total={rows.length} rowAt={(place) => rows[place]} /></div>
      ) : (
        <SkeletonLines label="the values" lines={12} />
      )}
    </section>
  );
}
