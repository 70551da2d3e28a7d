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
 * Draw a line. Of more than two points in one column of pixels come the first, the lowest and the highest.
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
  private begun = false;

  constructor(private readonly pen: Pen) {}

  add(x: number, y: number): void {
    const at = Math.round(x);
    if (at !== this.at) {
      this.draw();
      this.at = at;
      this.points = 0;
      this.firstX = x;
      this.firstY = this.low = this.high = y;
    } else if (y < this.low) this.low = y;
    else if (y > this.high) this.high = y;
    this.lastX = x;
    this.lastY = y;
    this.points += 1;
  }

  lift(alone: [number, number][]): void {
    if (this.points === 1 && !this.begun) alone.push([this.firstX, this.firstY]);
    else this.draw();
    this.points = 0;
    this.begun = false;
    this.at = Number.NaN;
  }

  private draw(): void {
    if (this.points === 0) return;
    this.to(this.firstX, this.firstY);
    if (this.points === 1) return;
    if (this.points > 2 && this.low !== this.high) {
      const rising = this.lastY < this.firstY;
      this.to(this.at, rising ? this.high : this.low);
      this.to(this.at, rising ? this.low : this.high);
    }
    if (this.points === 2) this.to(this.lastX, this.lastY);
  }

  private to(x: number, y: number): void {
    if (this.begun) this.pen.lineTo(x, y);
    else this.pen.moveTo(x, y);
    this.begun = true;
  }
}
