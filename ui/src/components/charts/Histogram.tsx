import { type MouseEvent, useCallback, useMemo, useState } from "react";

import { formatNumber } from "../../lib/format";
import { useDark } from "../../lib/theme";
import { type Bin, binsOf } from "./box";
import { usePicture } from "./canvas";
import { areaOf, drawFrame, toLeft, toTop } from "./frame";
import type { Item } from "./items";
import { pageColor } from "./palette";
import { Readout } from "./Readout";
import { scaleOf } from "./scales";

export interface HistogramItem extends Item {
  value: number | null;
}

interface Props {
  title: string;
  items: readonly HistogramItem[];
  xTitle: string;
  /** What is counted: "runs". */
  noun: string;
  height: number;
  hovered?: string | null;
}

/** How many have which values. What steps back is drawn behind, and lighter. */
export function Histogram({ title, items, xTitle, noun, height, hovered = null }: Props) {
  const dark = useDark();
  const [at, setAt] = useState<{ left: number; bin: Bin } | null>(null);
  const bins = useMemo(() => binsOf(items.map(({ value }) => value)), [items]);
  const scales = useMemo(() => scalesOf(bins), [bins]);
  const { canvas, size } = usePicture(
    useCallback(
      (ctx, whole) => {
        void dark; // its colours are the page's
        const area = areaOf(whole);
        drawFrame(ctx, area, { ...scales, xTitle, yTitle: noun });
        for (const { least, most, members } of bins) {
          const [left, right] = [toLeft(area, scales.x.place(least) ?? 0), toLeft(area, scales.x.place(most) ?? 1)];
          const front = members.filter((place) => items[place]?.faded === false).length;
          const here = members.some((place) => items[place]?.key === hovered);
          for (const [count, alpha] of [[members.length, 0.22], [front, 0.85]] as const) {
            const top = toTop(area, scales.y.place(count) ?? 0);
            ctx.globalAlpha = alpha;
            ctx.fillStyle = pageColor(here ? "fg" : "accent");
            ctx.fillRect(left + 1, top, Math.max(1, right - left - 2), area.top + area.height - top);
          }
        }
        ctx.globalAlpha = 1;
      },
      [bins, items, scales, xTitle, noun, hovered, dark],
    ),
  );
  const moved = (event: MouseEvent<HTMLDivElement>) => {
    const area = areaOf(size);
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const value = scales.x.value((left - area.left) / area.width);
    const bin = bins.find(({ least, most }) => value >= least && value <= most);
    setAt(bin ? { left, bin } : null);
  };
  return (
    <div className="relative w-full min-w-0" style={{ height }} onMouseMove={moved} onMouseLeave={() => setAt(null)}>
      <canvas ref={canvas} role="img" aria-label={`${title}: how many ${noun} have which ${xTitle}`} className="absolute inset-0 h-full w-full" />
      {at ? (
        <Readout left={at.left} top={30} width={size.width}>
          <p className="whitespace-nowrap tabular-nums"><strong className="font-semibold">{at.bin.members.length}</strong> {noun}, {formatNumber(at.bin.least, 4)} to {formatNumber(at.bin.most, 4)}</p>
        </Readout>
      ) : null}
    </div>
  );
}

function scalesOf(bins: readonly Bin[]) {
  const [first, last] = [bins[0], bins[bins.length - 1]];
  const most = bins.reduce((count, { members }) => Math.max(count, members.length), 1);
  const counted = scaleOf([0, most], "linear"); // there is no half of one
  return { x: scaleOf([first?.least ?? 0, last?.most ?? 1], "linear"), y: { ...counted, marks: (count: number) => counted.marks(count).filter(({ at }) => Number.isInteger(Number(counted.value(at).toFixed(6)))) } };
}
