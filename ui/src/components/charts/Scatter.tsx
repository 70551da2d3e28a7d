import { type MouseEvent, useCallback, useMemo } from "react";

import { formatNumber } from "../../lib/format";
import { useDark } from "../../lib/theme";
import { usePicture } from "./canvas";
import { areaOf, drawFrame, toLeft, toTop } from "./frame";
import { inOrder, type Item, type Linked, nearestSpot, type Spot } from "./items";
import { pageColor } from "./palette";
import { Readout } from "./Readout";
import { type Cell, roomy, type Scale } from "./scales";

export interface Point extends Item {
  x: Cell;
  y: Cell;
  /** What is told of it beside x and y. */
  note?: string | undefined;
}

interface Props extends Linked {
  title: string;
  points: readonly Point[];
  x: Scale;
  y: Scale;
  xTitle: string;
  yTitle: string;
  height: number;
  onOpen?: (key: string) => void;
}

/** One mark for each thing that has both values. */
export function Scatter({ title, points, x, y, xTitle, yTitle, height, hovered = null, onHover, onOpen }: Props) {
  const dark = useDark();
  const scales = useMemo(() => ({ x: roomy(x), y: roomy(y) }), [x, y]);
  const { canvas, size } = usePicture(
    useCallback(
      (ctx, whole) => {
        void dark; // its colours are the page's
        const area = areaOf(whole);
        drawFrame(ctx, area, { ...scales, xTitle, yTitle });
        for (const { left, top, item } of spotsOf(inOrder(points, hovered), scales, whole)) drawSpot(ctx, left, top, item, hovered);
      },
      [points, scales, xTitle, yTitle, hovered, dark],
    ),
  );
  const spots = useMemo(() => spotsOf(points, scales, size), [points, scales, size]);
  const near = spots.find(({ item }) => item.key === hovered);
  const found = (event: MouseEvent<HTMLDivElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return nearestSpot(spots, event.clientX - left, event.clientY - top)?.item.key ?? null;
  };
  const opened = (event: MouseEvent<HTMLDivElement>) => {
    const key = found(event);
    if (key !== null) onOpen?.(key);
  };
  return (
    <div className={`relative w-full min-w-0 ${near && onOpen ? "cursor-pointer" : ""}`} style={{ height }} onMouseMove={(event) => onHover?.(found(event))} onMouseLeave={() => onHover?.(null)} onClick={opened}>
      <canvas ref={canvas} role="img" aria-label={`${title}: ${spots.length} ${spots.length === 1 ? "point" : "points"}, ${yTitle} over ${xTitle}`} className="absolute inset-0 h-full w-full" />
      {near ? (
        <Readout left={near.left} top={near.top} width={size.width}>
          <p className="truncate font-medium">{near.item.label}</p>
          <p className="tabular-nums">{xTitle} <strong className="font-semibold">{shown(near.item.x)}</strong></p>
          <p className="tabular-nums">{yTitle} <strong className="font-semibold">{shown(near.item.y)}</strong></p>
          {near.item.note ? <p className="text-muted tabular-nums">{near.item.note}</p> : null}
        </Readout>
      ) : null}
    </div>
  );
}

const shown = (value: Cell) => formatNumber(typeof value === "string" && value !== "" && Number.isFinite(Number(value)) ? Number(value) : value);

function spotsOf(points: readonly Point[], { x, y }: { x: Scale; y: Scale }, size: { width: number; height: number }): Spot<Point>[] {
  const area = areaOf(size);
  return points.flatMap((item) => {
    const [across, up] = [x.place(item.x), y.place(item.y)];
    return across === null || up === null ? [] : [{ item, left: toLeft(area, across), top: toTop(area, up) }];
  });
}

export function drawSpot(ctx: CanvasRenderingContext2D, left: number, top: number, item: Item, hovered: string | null, radius = 4.5): void {
  const front = item.key === hovered;
  ctx.globalAlpha = front ? 1 : item.faded ? 0.13 : 0.82;
  ctx.beginPath();
  ctx.arc(left, top, front ? radius + 2 : radius, 0, 2 * Math.PI);
  ctx.fillStyle = item.color;
  ctx.fill();
  ctx.lineWidth = front ? 2 : 1;
  ctx.strokeStyle = pageColor(front ? "fg" : "surface");
  ctx.stroke();
  ctx.globalAlpha = 1;
}
