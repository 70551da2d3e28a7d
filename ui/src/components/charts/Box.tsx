import { type MouseEvent, useCallback, useMemo } from "react";

import { formatNumber } from "../../lib/format";
import { useDark } from "../../lib/theme";
import { boxOf, type BoxStatistics } from "./box";
import { usePicture } from "./canvas";
import { type Area, areaOf, drawFrame, toLeft, toTop } from "./frame";
import { inOrder, type Item, type Linked, nearestSpot, type Spot } from "./items";
import { pageColor } from "./palette";
import { Readout } from "./Readout";
import { drawSpot } from "./Scatter";
import { roomy, type Scale, scaleOf } from "./scales";

export interface BoxItem extends Item {
  value: number;
}

export interface BoxGroup {
  name: string;
  items: readonly BoxItem[];
}

interface Props extends Linked {
  title: string;
  groups: readonly BoxGroup[];
  y: Scale;
  xTitle: string;
  yTitle: string;
  height: number;
  onOpen?: (key: string) => void;
}

interface Placed {
  left: number;
  room: number;
  statistics: BoxStatistics | null;
  spots: Spot<BoxItem>[];
}

/** A box for each group: its quarters and median, whiskers, and every value as a point over it. What steps back does not count. */
export function Box({ title, groups, y, xTitle, yTitle, height, hovered = null, onHover, onOpen }: Props) {
  const dark = useDark();
  const upward = useMemo(() => roomy(y, 0.06), [y]);
  const names = useMemo(() => namesOf(groups), [groups]);
  const { canvas, size } = usePicture(
    useCallback(
      (ctx, whole) => {
        void dark; // its colours are the page's
        const area = areaOf(whole);
        drawFrame(ctx, area, { x: names, y: upward, xTitle, yTitle });
        for (const place of placed(groups, names, upward, area)) {
          if (place.statistics) drawBox(ctx, place, place.statistics, (value) => toTop(area, upward.place(value) ?? 0));
          for (const { left, top, item } of inOrder(place.spots.map((spot) => ({ ...spot.item, spot })), hovered).map(({ spot }) => spot)) drawSpot(ctx, left, top, item, hovered, 3);
        }
      },
      [groups, names, upward, xTitle, yTitle, hovered, dark],
    ),
  );
  const places = useMemo(() => placed(groups, names, upward, areaOf(size)), [groups, names, upward, size]);
  const near = places.flatMap(({ spots }) => spots).find(({ item }) => item.key === hovered);
  const found = (event: MouseEvent<HTMLDivElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return nearestSpot(places.flatMap(({ spots }) => spots), event.clientX - left, event.clientY - top)?.item.key ?? null;
  };
  const opened = (event: MouseEvent<HTMLDivElement>) => {
    const key = found(event);
    if (key !== null) onOpen?.(key);
  };
  return (
    <div className={`relative w-full min-w-0 ${near && onOpen ? "cursor-pointer" : ""}`} style={{ height }} onMouseMove={(event) => onHover?.(found(event))} onMouseLeave={() => onHover?.(null)} onClick={opened}>
      <canvas ref={canvas} role="img" aria-label={`${title}: ${yTitle} in ${groups.length} ${groups.length === 1 ? "group" : "groups"} of ${xTitle}`} className="absolute inset-0 h-full w-full" />
      {near ? (
        <Readout left={near.left} top={near.top} width={size.width}>
          <p className="truncate font-medium">{near.item.label}</p>
          <p className="tabular-nums">{yTitle} <strong className="font-semibold">{formatNumber(near.item.value)}</strong></p>
        </Readout>
      ) : null}
    </div>
  );
}

/** Each group has a place of its own, whatever its name; two of the same name are two. */
function namesOf(groups: readonly BoxGroup[]): Scale {
  const places = scaleOf(groups.map((_, place) => `${String(place).padStart(4, "0")}`), "category");
  return { ...places, marks: (count) => places.marks(count).map(({ at, text }) => ({ at, text: groups[Number(text)]?.name ?? "" })) };
}

function placed(groups: readonly BoxGroup[], names: Scale, y: Scale, area: Area): Placed[] {
  const room = Math.min(90, (area.width / Math.max(1, groups.length)) * 0.6);
  return groups.map(({ items }, place) => {
    const left = toLeft(area, names.place(String(place).padStart(4, "0")) ?? 0);
    const spots = items.flatMap((item, index) => {
      const up = y.place(item.value);
      return up === null ? [] : [{ item, left: left + aside(index) * room * 0.42, top: toTop(area, up) }];
    });
    return { left, room, spots, statistics: boxOf(items.filter(({ faded }) => !faded).map(({ value }) => value)) };
  });
}

/** A steady place from -1 to 1 beside the middle, so that points do not hide one another. */
const aside = (index: number) => ((index * 0.618034) % 1) * 2 - 1;

function drawBox(ctx: CanvasRenderingContext2D, { left, room }: Placed, statistics: BoxStatistics, top: (value: number) => number): void {
  const half = room / 2;
  const [low, high] = statistics.whiskers;
  ctx.strokeStyle = pageColor("strong");
  ctx.fillStyle = pageColor("sunken");
  ctx.lineWidth = 1.2;
  const [upper, lower] = [top(statistics.threeQuarters), top(statistics.quarter)];
  ctx.beginPath();
  for (const [from, to] of [[top(high), upper], [lower, top(low)]] as const) {
    ctx.moveTo(left, from);
    ctx.lineTo(left, to);
  }
  for (const end of [top(low), top(high)]) {
    ctx.moveTo(left - half / 2, end);
    ctx.lineTo(left + half / 2, end);
  }
  ctx.stroke();
  ctx.fillRect(left - half, upper, room, Math.max(1, lower - upper));
  ctx.strokeRect(left - half, upper, room, Math.max(1, lower - upper));
  ctx.strokeStyle = pageColor("fg");
  ctx.lineWidth = 2.4;
  ctx.beginPath();
  ctx.moveTo(left - half, top(statistics.median));
  ctx.lineTo(left + half, top(statistics.median));
  ctx.stroke();
}
