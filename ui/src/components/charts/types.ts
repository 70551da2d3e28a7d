/** What charts are given. */

import type { Stroke } from "../../lib/color";

/** One line: equally long columns in the order of x. `raw` is drawn faintly behind it, where y was smoothed. */
export interface Line {
  key: string;
  label: string;
  x: readonly number[];
  y: readonly (number | null)[];
  raw?: readonly (number | null)[] | undefined;
  stroke: Stroke;
}

export interface LineChartProps {
  title: string;
  lines: readonly Line[];
  xLabel: string;
  height: number;
  logX?: boolean;
  logY?: boolean;
  /** x is milliseconds since 1970, or a duration in milliseconds, or just a number. */
  xKind?: "number" | "time" | "duration";
  /** The line that is hovered, here or elsewhere; the others step back. */
  hovered?: string | null;
  onHover?: (key: string | null) => void;
  /** A range of x was chosen with the mouse; null when it was given up by a double click. */
  onZoom?: (range: { least: number; most: number } | null) => void;
  /** Charts of one group show their cursor at the same x. */
  group?: string;
}
