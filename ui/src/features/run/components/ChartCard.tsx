import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { IconButton } from "../../../components/Button";
import type { Range } from "../../../components/charts/types";
import { Failure, Skeleton } from "../../../components/States";
import { formatCount, formatNumber } from "../../../lib/format";
import { useInView } from "../../../lib/in-view";
import type { Run } from "../../../wire/types";
import { seriesQuery } from "../api/get-series";
import { drawable, notesOf, valueOf } from "../logic/lines";
import type { ChartView } from "../use-chart-view";
import { ChartFiles } from "./ChartFiles";
import { SeriesChart } from "./SeriesChart";

interface Props {
  run: Run;
  metric: string;
  view: ChartView;
  pinned: boolean;
  onPin: () => void;
  onEnlarge: () => void;
}

const HEIGHT = 208;

/** One metric as a chart, or as a number where it has one value. It is fetched and drawn while it is seen. */
export function ChartCard({ run, metric, view, pinned, onPin, onEnlarge }: Props) {
  const box = useRef<HTMLElement>(null);
  const seen = useInView(box);
  const [range, setRange] = useState<Range | null>(null);
  const runId = run.info.run_id;
  const { data: series, error, refetch } = useQuery({ ...seriesQuery(metric, { runId, axis: view.axis, points: view.points, range }), enabled: seen });
  const last = run.data?.metrics?.find((each) => each.key === metric)?.value;
  const single = series !== undefined && range === null && (series?.total ?? 0) <= 1;
  const blank = series !== undefined && series !== null && series.values.every((value) => drawable(value) === null);
  const notes = series ? notesOf(series) : [];
  return (
    <article ref={box} aria-label={metric} className="group/card flex min-w-0 flex-col rounded-md border border-line bg-raised p-2">
      <header className="flex h-7 items-center gap-1">
        <h3 className="min-w-0 flex-1 truncate font-medium" title={metric}><bdi>{metric}</bdi></h3>
        <span className="pr-1 tabular-nums text-muted" title={`The last value: ${last}`}>{single ? "" : formatNumber(valueOf(last ?? null))}</span>
        {seen ? (
          <>
            {range ? <IconButton label={`Show all of ${metric}`} onClick={() => setRange(null)}>⤺</IconButton> : null}
            <IconButton label={`${pinned ? "Unpin" : "Pin"} ${metric}`} aria-pressed={pinned} onClick={onPin} className={pinned ? "text-accent" : ""}>{pinned ? "★" : "☆"}</IconButton>
            <IconButton label={`Enlarge ${metric}`} onClick={onEnlarge}>⤢</IconButton>
            <ChartFiles run={run} metric={metric} box={box} />
          </>
        ) : null}
      </header>
      <div className="flex flex-col justify-center" style={{ height: HEIGHT }}>
        {error && !series ? <Failure what="The points could not be read." error={error} onRetry={() => void refetch()} /> : null}
        {seen && series === undefined && !error ? <Skeleton className="h-full w-full" /> : null}
        {single ? <One value={last ?? null} step={series?.steps[0]} /> : null}
        {blank && !single ? <p className="text-center text-muted">None of the {formatCount(series.total)} values is a number that can be drawn.</p> : null}
        {series && !single && !blank && seen ? <SeriesChart series={series} view={view} range={range} onZoom={setRange} height={HEIGHT} group={`run-${view.axis}`} /> : null}
        {series === null && range ? <p className="text-center text-muted">No points here.</p> : null}
      </div>
      <p className="h-4 truncate text-xs text-muted" title={notes.join(", ")}>{single ? "" : notes.join(" · ")}</p>
    </article>
  );
}

function One({ value, step }: { value: number | string | null; step: number | undefined }) {
  const shown = valueOf(value);
  return (
    <p className="text-center">
      <strong className="text-3xl font-semibold tabular-nums" title={String(shown)}>{formatNumber(shown, 6)}</strong>
      {step === undefined ? null : <span className="block text-muted">one value, at step {step}</span>}
    </p>
  );
}
