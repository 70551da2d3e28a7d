/** What charts are given. */

import type { Stroke } from "../../lib/color";

/** One line, which is worked out again only where the object is another: equally long columns in the order of x. `raw` is drawn faintly behind it, where y was smoothed. */
export interface Line {
  key: string;
  label: string;
  x: readonly number[];
  y: readonly (number | null)[];
  raw?: readonly (number | null)[] | undefined;
  stroke: Stroke;
}

export type XKind = "number" | "time" | "duration";

/** A stretch of an axis, both ends inside; an infinite end is where the data end. */
export interface Range {
  least: number;
  most: number;
}

export interface LineChartProps {
  title: string;
  lines: readonly Line[];
  xLabel: string;
  height: number;
  logX?: boolean;
  logY?: boolean;
  /** x is milliseconds since 1970, or a duration in milliseconds, or just a number. */
  xKind?: XKind;
  /** The line that is hovered, here or elsewhere; the others step back. */
  hovered?: string | null;
  onHover?: (key: string | null) => void;
  /** The part of x that is shown, where the page decides; without it what was last chosen with the mouse. */
  range?: Range | null;
  /** A range of x was chosen with the mouse; null when it was given up by a double click. */
  onZoom?: (range: Range | null) => void;
  /** Charts of one group show their cursor at the same x. */
  group?: string;
}
