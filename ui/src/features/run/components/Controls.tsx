import { type RefObject, useEffect, useEffectEvent, useState } from "react";

import { Button } from "../../../components/Button";
import { Checkbox, Input, Select } from "../../../components/Field";
import { formatCount } from "../../../lib/format";
import type { Axis } from "../logic/lines";
import { type ChartView, POINTS, type SetChartView } from "../use-chart-view";

interface Props {
  view: ChartView;
  set: SetChartView;
  shown: number;
  total: number;
  search: RefObject<HTMLInputElement | null>;
  system: boolean;
}

/** What is shown of the metrics and how, for all charts of the page at once. */
export function Controls({ view, set, shown, total, search, system }: Props) {
  const charts = view.mode === "charts";
  return (
    <div role="toolbar" aria-label="How metrics are shown" className="sticky -top-4 z-20 -mx-5 flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-surface px-5 py-2">
      <Input ref={search} type="search" aria-label="Search metrics" placeholder="Search metrics" value={view.search} onChange={(event) => set("search", event.target.value)} className="w-52" />
      <span className="text-muted">{shown === total ? formatCount(total) : `${formatCount(shown)} of ${formatCount(total)}`} {total === 1 ? "metric" : "metrics"}</span>
      {system ? null : <Modes view={view} set={set} />}
      {charts ? (
        <>
          <Smoothing value={view.smoothing} onChange={(value) => set("smoothing", value)} />
          <label className="flex items-center gap-2">
            Axis
            <Select value={view.axis} onChange={(event) => set("axis", event.target.value as Axis)}>
              <option value="step">step</option>
              <option value="time">time</option>
              <option value="relative">relative time</option>
            </Select>
          </label>
          <label className="flex items-center gap-1.5"><Checkbox checked={view.logX} disabled={view.axis === "time"} onChange={(event) => set("logX", event.target.checked)} />log x</label>
          <label className="flex items-center gap-1.5"><Checkbox checked={view.logY} onChange={(event) => set("logY", event.target.checked)} />log y</label>
          <label className="flex items-center gap-2">
            Columns
            <Select value={view.columns} onChange={(event) => set("columns", Number(event.target.value))}>
              <option value={0}>auto</option>
              {[1, 2, 3, 4, 5, 6].map((count) => <option key={count} value={count}>{count}</option>)}
            </Select>
          </label>
        </>
      ) : null}
      <label className="flex items-center gap-2">
        Points
        <Select value={view.points} onChange={(event) => set("points", Number(event.target.value))} title="The most points of a line; of a longer one its outline is drawn">
          {[...new Set([...POINTS, view.points])].sort((one, other) => one - other).map((count) => <option key={count} value={count}>{formatCount(count)}</option>)}
        </Select>
      </label>
    </div>
  );
}

/** Follows the hand at once; the charts, and the address, a moment later. */
function Smoothing({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [moved, setMoved] = useState<number | null>(null);
  const tell = useEffectEvent(onChange);
  useEffect(() => {
    if (moved === null) return undefined;
    const timer = window.setTimeout(() => {
      tell(moved);
      setMoved(null);
    }, 60);
    return () => window.clearTimeout(timer);
  }, [moved]);
  const shown = moved ?? value;
  return (
    <label className="flex items-center gap-2">
      Smoothing
      <input type="range" min={0} max={0.99} step={0.01} value={shown} onChange={(event) => setMoved(Number(event.target.value))} className="w-24 accent-accent" />
      <span className="w-8 tabular-nums text-muted">{shown.toFixed(2)}</span>
    </label>
  );
}

function Modes({ view, set }: Pick<Props, "view" | "set">) {
  return (
    <span role="group" aria-label="Charts or steps" className="flex">
      {(["charts", "steps"] as const).map((mode) => (
        <Button key={mode} aria-pressed={view.mode === mode} onClick={() => set("mode", mode)} className={`first:rounded-r-none last:rounded-l-none last:border-l-0 ${view.mode === mode ? "bg-tint font-medium" : ""}`}>
          {mode === "charts" ? "Charts" : "Step table"}
        </Button>
      ))}
    </span>
  );
}
