import { lazy, Suspense } from "react";

import { Skeleton } from "../States";
import type { LineChartProps } from "./types";

const Drawn = lazy(() => import("./LineChartDrawn"));

/** Lines over one axis. What draws them is fetched with the first chart; the place is kept until then. */
export function LineChart(props: LineChartProps) {
  return (
    <div className="relative w-full min-w-0" style={{ height: props.height }}>
      <Suspense fallback={<Skeleton className="h-full w-full" />}>
        <Drawn {...props} />
      </Suspense>
    </div>
  );
}
