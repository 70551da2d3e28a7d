import { later } from "../../lib/later";
import { Skeleton } from "../States";
import type { LineChartProps } from "./types";

/** What draws lines; it is fetched with the first chart, and its place is kept until then. */
export const drawing = later<LineChartProps>(() => import("./LineChartDrawn"), () => <Skeleton className="h-full w-full" />);

/** Lines over one axis. */
export function LineChart(props: LineChartProps) {
  return (
    <div className="relative w-full min-w-0" style={{ height: props.height }}>
      <drawing.Shown {...props} />
    </div>
  );
}
