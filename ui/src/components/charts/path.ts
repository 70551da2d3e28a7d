/** A line as strokes on a canvas: no more of them than there are pixels to tell apart. */

export interface Pen {
  moveTo: (x: number, y: number) => void;
  lineTo: (x: number, y: number) => void;
}

export interface Traced {
  x: readonly number[];
  y: readonly (number | null)[];
  /** The places from which to which it is drawn. */
  first: number;
  end: number;
  /** Where a value is on the canvas; NaN where the axis has no place for it. */
  toX: (value: number) => number;
  toY: (value: number) => number;
}

/**
 * Draw a line. Of the points in one column of pixels come the first, the lowest, the highest and the last.
 * A null, or a value without a place, is a gap; points that stand alone between gaps are returned, for a dot each.
 */
export function trace(pen: Pen, { x, y, first, end, toX, toY }: Traced): [number, number][] {
  const alone: [number, number][] = [];
  const column = new Column(pen);
  for (let place = first; place < end; place += 1) {
    const value = y[place];
    const down = value === null || value === undefined ? Number.NaN : toY(value);
    const across = toX(x[place] as number);
    if (Number.isFinite(down) && Number.isFinite(across)) column.add(across, down);
    else column.lift(alone);
  }
  column.lift(alone);
  return alone;
}

/** Points of one column of pixels, not drawn yet. */
class Column {
  private at = Number.NaN;
  private firstX = 0;
  private firstY = 0;
  private low = 0;
  private high = 0;
  private lastX = 0;
  private lastY = 0;
  private points = 0;

  constructor(private readonly pen: Pen) {}

  add(x: number, y: number): void {
    const at = Math.round(x);
    if (at !== this.at || this.points === 0) {
      if (this.points > 0) this.draw();
      else this.pen.moveTo(x, y);
      this.at = at;
      this.firstX = x;
      this.firstY = this.low = this.high = y;
    } else if (y < this.low) this.low = y;
    else if (y > this.high) this.high = y;
    this.lastX = x;
    this.lastY = y;
    this.points += 1;
  }

  lift(alone: [number, number][]): void {
    if (this.points === 1) alone.push([this.firstX, this.firstY]);
    else if (this.points > 1) this.draw();
    this.points = 0;
    this.at = Number.NaN;
  }

  private draw(): void {
    this.pen.lineTo(this.firstX, this.firstY);
    if (this.low !== this.high) {
      this.pen.lineTo(this.at, this.low);
      this.pen.lineTo(this.at, this.high);
    }
    this.pen.lineTo(this.lastX, this.lastY);
  }
}
