/** uPlot holds the frame: axes, cursor, the choice of a range. The lines, each with an x of its own, are drawn here. */

import uPlot from "uplot";

import { type Near, nearest } from "./nearest";
import { Pictures } from "./pictures";
import type { LineChartProps, Range } from "./types";
import { marksOf, offScale, onScale, type View } from "./view";

export interface PlotState extends Pick<LineChartProps, "lines" | "hovered"> {
  view: View;
}

/** A point that is read out, and how far it is from the right edge. */
export interface Shown extends Near {
  right: number;
}

export interface PlotEvents {
  near: (point: Shown | null, own: boolean) => void;
  zoom: (range: Range | null) => void;
}

const FONT = '11px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif';

export class Plot {
  private readonly plot: uPlot;
  private readonly pictures = new Pictures();
  private inside = false;

  constructor(
    box: HTMLElement,
    private state: PlotState,
    private readonly events: PlotEvents,
    group: string | undefined,
  ) {
    this.plot = new uPlot(this.options(box, group), [[0, 1], [null, null]], box);
    this.plot.over.addEventListener("mouseenter", () => (this.inside = true));
    this.plot.over.addEventListener("mouseleave", () => (this.inside = false));
    this.plot.over.addEventListener("dblclick", () => this.events.zoom(null));
  }

  /** Other lines, or another view of them. */
  update(state: PlotState): void {
    const same = state.lines === this.state.lines && state.view === this.state.view;
    this.state = state;
    if (same) this.plot.redraw(false, false);
    else {
      this.pictures.keep(state.lines);
      this.plot.redraw(true, true);
    }
  }

  /** The colours of the page have changed. */
  recolor(): void {
    this.plot.redraw(true, true);
  }

  resize(width: number, height: number): void {
    if (width > 0 && (width !== this.plot.width || height !== this.plot.height)) this.plot.setSize({ width, height });
  }

  destroy(): void {
    this.plot.destroy();
  }

  private options(box: HTMLElement, group: string | undefined): uPlot.Options {
    const width = Math.max(1, box.clientWidth);
    const marks = { x: () => marksOf(this.state.view.x, Math.max(2, this.plot.width / (this.state.view.x.kind === "number" ? 64 : 88))), y: () => marksOf(this.state.view.y, Math.max(2, this.plot.height / 42)) };
    const axis = (key: "x" | "y"): uPlot.Axis => ({
      scale: key,
      font: FONT,
      stroke: () => color("--muted"),
      grid: { stroke: () => color("--line"), width: 1 },
      ticks: { show: false },
      gap: 6,
      splits: () => marks[key]().at,
      filter: (_, splits) => splits,
      values: () => marks[key]().texts,
    });
    return {
      width,
      height: Math.max(1, box.clientHeight),
      padding: [8, 14, 0, 0],
      legend: { show: false },
      series: [{}, { paths: () => null, points: { show: false } }],
      scales: {
        x: { time: false, range: () => this.state.view.x.scale },
        y: { range: () => this.state.view.y.scale },
      },
      axes: [
        { ...axis("x"), size: () => (this.state.view.x.kind === "time" ? 38 : 24) },
        { ...axis("y"), size: (_, values) => 16 + Math.max(18, ...(values ?? []).map((text) => text.length * 6.3)) },
      ],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => null },
        ...(group === undefined ? {} : { sync: { key: group, setSeries: false, scales: ["x", null], filters: { pub: (type: string) => type === "mousemove" || type === "mouseleave" } } }),
      },
      hooks: { draw: [() => this.pictures.draw(this.plot, this.state)], setCursor: [() => this.moved()], setSelect: [() => this.selected()] },
    };
  }

  private moved(): void {
    const { left = -1, top = -1 } = this.plot.cursor;
    if (left < 0 || left > this.plot.over.clientWidth) return this.events.near(null, this.inside);
    const { lines, hovered, view } = this.state;
    const chosen = this.inside ? lines : lines.filter((line) => line.key === hovered || lines.length === 1);
    const point = nearest(chosen, {
      x: offScale(view.x, this.plot.posToVal(left, "x")),
      left,
      top: this.inside && lines.length > 1 ? top : null,
      toLeft: (value) => this.plot.valToPos(onScale(view.x, value), "x"),
      toTop: (value) => this.plot.valToPos(onScale(view.y, value), "y"),
    });
    const { offsetLeft, offsetTop } = this.plot.over;
    if (!point) return this.events.near(null, this.inside);
    const across = point.left + offsetLeft;
    this.events.near({ ...point, left: across, top: point.top + offsetTop, right: this.plot.width - across }, this.inside);
  }

  private selected(): void {
    const { left, width } = this.plot.select;
    if (width <= 2) return;
    this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const value = (place: number) => offScale(this.state.view.x, this.plot.posToVal(place, "x"));
    this.events.zoom({ least: value(left), most: value(left + width) });
  }
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
