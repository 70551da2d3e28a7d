import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { Button } from "../../../components/Button";
import { ChartTable } from "../../../components/charts/ChartTable";
import type { Range } from "../../../components/charts/types";
import { Dialog } from "../../../components/Dialog";
import { Checkbox } from "../../../components/Field";
import { Failure, Skeleton } from "../../../components/States";
import { strokeAt } from "../../../lib/color";
import type { Run } from "../../../wire/types";
import { seriesQuery } from "../api/get-series";
import { lineOf, notesOf } from "../logic/lines";
import type { ChartView } from "../use-chart-view";
import { ChartFiles } from "./ChartFiles";
import { RangeFields } from "./RangeFields";
import { SeriesChart, X_KINDS, X_LABELS } from "./SeriesChart";

interface Props {
  run: Run;
  metric: string | null;
  view: ChartView;
  onClose: () => void;
}

const HEIGHT = 420;

/** One chart large, with a range of its own, and its points as a table. */
export function LargeChart({ run, metric, view, onClose }: Props) {
  return (
    <Dialog title={metric ?? ""} open={metric !== null} onClose={onClose} wide>
      {metric === null ? null : <Large key={metric} run={run} metric={metric} view={view} />}
    </Dialog>
  );
}

function Large({ run, metric, view }: { run: Run; metric: string; view: ChartView }) {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<Range | null>(null);
  const [table, setTable] = useState(false);
  const [log, setLog] = useState({ x: view.logX, y: view.logY });
  const own = { ...view, logX: log.x, logY: log.y };
  const window = { runId: run.info.run_id, axis: view.axis, points: Math.max(view.points, 2000), range };
  const { data: series, error, refetch } = useQuery(seriesQuery(metric, window));
  return (
    <>
      <div className="flex flex-wrap items-end gap-x-4 gap-y-2">
        <RangeFields key={JSON.stringify(range)} axis={view.axis} range={range} onChange={setRange} />
        <label className="flex h-8 items-center gap-1.5"><Checkbox checked={log.x} disabled={view.axis === "time"} onChange={(event) => setLog({ ...log, x: event.target.checked })} />log x</label>
        <label className="flex h-8 items-center gap-1.5"><Checkbox checked={log.y} onChange={(event) => setLog({ ...log, y: event.target.checked })} />log y</label>
        <Button aria-pressed={table} onClick={() => setTable(!table)}>{table ? "Show the chart" : "Show as a table"}</Button>
        <ChartFiles run={run} metric={metric} box={box} />
      </div>
      <div ref={box} className="flex flex-col" style={{ height: HEIGHT }}>
        {error && !series ? <Failure what="The points could not be read." error={error} onRetry={() => void refetch()} /> : null}
        {series === undefined && !error ? <Skeleton className="h-full w-full" /> : null}
        {series === null ? <p className="m-auto text-muted">No points here.</p> : null}
        {series && table ? <ChartTable title={metric} lines={[lineOf(series, view.axis, 0, strokeAt(0, false))]} xLabel={view.axis} xKind={X_KINDS[view.axis]} /> : null}
        {series && !table ? <SeriesChart series={series} view={own} range={range} onZoom={setRange} height={HEIGHT} /> : null}
      </div>
      <p className="text-muted">{[`Drag over the chart to see a part of it ${X_LABELS[view.axis] === "step" ? "by its steps" : "by its time"}; a double click shows all.`, ...(series ? notesOf(series) : [])].join(" · ")}</p>
    </>
  );
}
