import { useEffect, useMemo, useRef, useState } from "react";

import { formatNumber } from "../../lib/format";
import { useDark } from "../../lib/theme";
import { Plot, type Shown } from "./Plot";
import type { LineChartProps, Range, XKind } from "./types";
import { viewOf, xText } from "./view";

export default function LineChartDrawn(props: LineChartProps) {
  const { title, lines, xLabel, logX = false, logY = false, xKind = "number", hovered = null, group } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(null);
  const [near, setNear] = useState<Shown | null>(null);
  const [dragged, setDragged] = useState<Range | null>(null);
  const dark = useDark();
  const range = props.range === undefined ? dragged : props.range;
  const view = useMemo(() => viewOf({ lines, logX, logY, xKind }, range), [lines, logX, logY, xKind, range]);
  const state = useMemo(() => ({ lines, hovered, view }), [lines, hovered, view]);
  const latest = useRef({ props, state });
  useEffect(() => {
    latest.current = { props, state };
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let told: string | null = null;
    const events = {
      near: (point: Shown | null, own: boolean) => {
        setNear(point);
        const key = point?.line.key ?? null;
        if (key === told || (!own && point !== null)) return;
        told = key;
        latest.current.props.onHover?.(key);
      },
      zoom: (chosen: Range | null) => {
        setDragged(chosen);
        latest.current.props.onZoom?.(chosen);
      },
    };
    const made = new Plot(element, latest.current.state, events, group);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.resize(element.clientWidth, element.clientHeight));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [group]);
  useEffect(() => plot.current?.update(state), [state]);
  useEffect(() => plot.current?.recolor(), [dark]);

  return (
    <>
      <div ref={box} role="img" aria-label={`${title}: ${lines.length} ${lines.length === 1 ? "line" : "lines"} over ${xLabel}`} className="absolute inset-0 overflow-hidden" />
      {view.notes.length ? <p className="pointer-events-none absolute top-0 right-2 text-right text-xs text-warn">{view.notes.join(" ")}</p> : null}
      {near ? <Readout near={near} xKind={xKind} xLabel={xLabel} several={lines.length > 1} /> : null}
    </>
  );
}

interface ReadoutProps {
  near: Shown;
  xKind: XKind;
  xLabel: string;
  several: boolean;
}

function Readout({ near: { line, x, y, left, top, right }, xKind, xLabel, several }: ReadoutProps) {
  const side = left > right ? { right: right + 10 } : { left: left + 10 };
  return (
    <div aria-hidden className="pointer-events-none absolute inset-0">
      <span className="absolute size-2.5 -translate-1/2 rounded-full border-2 border-surface" style={{ left, top, background: line.stroke.color }} />
      <div className="absolute z-10 max-w-[70%] rounded border border-line bg-raised px-2 py-1 text-xs shadow-md" style={{ ...side, top: Math.max(0, top - 46) }}>
        {several ? <p className="truncate font-medium">{line.label}</p> : null}
        <p className="whitespace-nowrap tabular-nums"><strong className="font-semibold">{formatNumber(y, 7)}</strong> <span className="text-muted">{xLabel} {xText(xKind, x)}</span></p>
      </div>
    </div>
  );
}
