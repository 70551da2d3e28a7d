import { type PointerEvent, type ReactNode, useCallback, useMemo, useState } from "react";

import { useDark } from "../../lib/theme";
import { type Brush, type Brushes, brushBetween, type Span, spansOf } from "./brushing";
import { usePicture } from "./canvas";
import type { Linked } from "./items";
import { nearestAxis } from "./order";
import { drawAxes, drawStrands, type Layout, layoutOf, nearestStrand, type ParallelAxis, placeOfTop, type Strand, topOf } from "./strands";

interface Props extends Linked {
  title: string;
  axes: readonly ParallelAxis[];
  strands: readonly Strand[];
  brushes: Brushes;
  onBrush: (axis: string, brush: Brush | null) => void;
  /** An axis was dragged to another place among the axes. */
  onMove: (from: number, to: number) => void;
  /** The name of an axis, with what can be done with it. */
  heading: (axis: ParallelAxis, place: number) => ReactNode;
  height: number;
}

type Drag = { kind: "brush"; axis: number; from: number; to: number } | { kind: "move"; axis: number; from: number; to: number };

const REACH = 16;
const NARROWEST = 96;

/** An axis for each column and a line for each thing. A stretch of an axis is chosen by dragging along it; an axis is moved by its name. */
export function Parallel({ title, axes, strands, brushes, onBrush, onMove, heading, height, hovered = null, onHover }: Props) {
  const dark = useDark();
  const [drag, setDrag] = useState<Drag | null>(null);
  const absent = useMemo(() => strands.some(({ values }) => values.some((value, place) => axes[place]?.scale.place(value) === null)), [strands, axes]);
  const { canvas, size } = usePicture(
    useCallback(
      (ctx, { width, height: tall }) => {
        void dark; // its colours are the page's
        const layout = layoutOf(width, tall, axes.length);
        drawStrands(ctx, strands, axes, layout, hovered);
        drawAxes(ctx, axes, layout, absent);
      },
      [axes, strands, hovered, absent, dark],
    ),
  );
  const layout = useMemo(() => layoutOf(size.width, size.height, axes.length), [size, axes.length]);

  const at = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  };
  const started = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || (event.target as Element).closest("button, [role=dialog]")) return;
    const { left, top } = at(event);
    const { axis, away } = nearestAxis(left, layout.lefts);
    const title = (event.target as Element).closest("[data-axis]");
    if (title) setDrag({ kind: "move", axis: Number(title.getAttribute("data-axis")), from: left, to: left });
    else if (away <= REACH) setDrag({ kind: "brush", axis, from: top, to: top });
    else return;
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const going = (event: PointerEvent<HTMLDivElement>) => {
    const place = at(event);
    if (drag) setDrag({ ...drag, to: drag.kind === "brush" ? place.top : place.left });
    else onHover?.(nearestStrand(strands, axes, layout, place)?.key ?? null);
  };
  const ended = () => {
    if (!drag) return;
    setDrag(null);
    const axis = axes[drag.axis];
    if (!axis) return;
    if (drag.kind === "move") {
      const to = nearestAxis(drag.to, layout.lefts).axis;
      if (to !== drag.axis) onMove(drag.axis, to);
    } else {
      const [one, other] = [placeOfTop(layout, drag.from), placeOfTop(layout, drag.to)];
      onBrush(axis.key, Math.abs(drag.to - drag.from) < 4 ? null : brushBetween(axis.scale, one, other));
    }
  };

  return (
    <div className="w-full overflow-x-auto">
      <div className="relative touch-none select-none" style={{ height, minWidth: axes.length * NARROWEST }} onPointerDown={started} onPointerMove={going} onPointerUp={ended} onPointerCancel={() => setDrag(null)} onPointerLeave={() => onHover?.(null)}>
        <canvas ref={canvas} role="img" aria-label={`${title}: ${strands.length} lines over ${axes.map((axis) => axis.title).join(", ")}`} className="absolute inset-0 h-full w-full" />
        {size.width > 0 ? axes.map((axis, place) => <Handle key={axis.key} axis={axis} place={place} layout={layout} spans={spansShown(axis, place, brushes, drag, layout)} moving={drag?.kind === "move" && drag.axis === place ? drag.to : null} heading={heading} />) : null}
      </div>
    </div>
  );
}

function spansShown(axis: ParallelAxis, place: number, brushes: Brushes, drag: Drag | null, layout: Layout): Span[] {
  if (drag?.kind === "brush" && drag.axis === place) {
    const [one, other] = [placeOfTop(layout, drag.from), placeOfTop(layout, drag.to)];
    return [[Math.max(0, Math.min(one, other)), Math.min(1, Math.max(one, other))]];
  }
  const brush = brushes[axis.key];
  return brush === undefined ? [] : spansOf(axis.scale, brush);
}

interface HandleProps {
  axis: ParallelAxis;
  place: number;
  layout: Layout;
  spans: readonly Span[];
  moving: number | null;
  heading: Props["heading"];
}

function Handle({ axis, place, layout, spans, moving, heading }: HandleProps) {
  const left = layout.lefts[place] as number;
  const gap = layout.lefts.length > 1 ? (layout.lefts[1] as number) - (layout.lefts[0] as number) : 200;
  const wide = Math.min(gap - 8, 132);
  return (
    <>
      <div className="absolute cursor-ns-resize" style={{ left: left - REACH, width: 2 * REACH, top: layout.top, height: layout.bottom - layout.top }} />
      {spans.map((span) => <div key={span[0]} className="pointer-events-none absolute rounded-sm border border-accent bg-accent/25" style={{ left: left - 7, width: 14, top: topOf(layout, span[1]), height: Math.max(3, topOf(layout, span[0]) - topOf(layout, span[1])) }} />)}
      <div data-axis={place} className={`absolute top-0 flex cursor-grab justify-center ${moving === null ? "" : "z-10 opacity-70"}`} style={{ left: (moving ?? left) - wide / 2, width: wide }}>{heading(axis, place)}</div>
    </>
  );
}
