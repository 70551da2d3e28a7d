import { useMemo } from "react";

import { LineChart } from "../../../components/charts/LineChart";
import type { Range } from "../../../components/charts/types";
import { strokeAt } from "../../../lib/color";
import { useDark } from "../../../lib/theme";
import type { Series } from "../../../wire/types";
import { type Axis, lineOf } from "../logic/lines";
import type { ChartView } from "../use-chart-view";

export const X_LABELS: Record<Axis, string> = { step: "step", time: "at", relative: "after" };
export const X_KINDS = { step: "number", time: "time", relative: "duration" } as const;

interface Props {
  series: Series;
  view: Pick<ChartView, "axis" | "smoothing" | "logX" | "logY">;
  range: Range | null;
  onZoom: (range: Range | null) => void;
  height: number;
  group?: string;
}

/** One series of one run. */
export function SeriesChart({ series, view, range, onZoom, height, group }: Props) {
  const dark = useDark();
  const lines = useMemo(() => [lineOf(series, view.axis, view.smoothing, strokeAt(0, dark))], [series, view.axis, view.smoothing, dark]);
  return (
    <LineChart
      title={series.metric}
      lines={lines}
      xLabel={X_LABELS[view.axis]}
      xKind={X_KINDS[view.axis]}
      logX={view.logX && view.axis !== "time"}
      logY={view.logY}
      height={height}
      range={range}
      onZoom={onZoom}
      {...(group === undefined ? {} : { group })}
    />
  );
}
