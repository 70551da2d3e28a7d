/** Our chart with all its points in memory: `draw`, `log` and `zoom` answer the milliseconds to the frame that shows them. */

import { useState } from "react";
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";

import LineChartDrawn from "../../../ui/src/components/charts/LineChartDrawn";
import type { Line, Range } from "../../../ui/src/components/charts/types";
import { strokeAt } from "../../../ui/src/lib/color";

interface State {
  lines: readonly Line[];
  logY: boolean;
  range: Range | null;
}

const EMPTY: State = { lines: [], logY: false, range: null };
let change: (state: State) => void = () => undefined;
let now: State = EMPTY;

function Bench() {
  const [state, setState] = useState(EMPTY);
  change = setState;
  if (state.lines.length === 0) return null;
  return (
    <div style={{ position: "relative", width: 1200, height: 600 }}>
      <LineChartDrawn title="loss" lines={state.lines} xLabel="step" height={600} logY={state.logY} range={state.range} />
    </div>
  );
}

function made(count: number, points: number): Line[] {
  const x = Array.from({ length: points }, (_, step) => step);
  let seed = 1;
  const noise = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  return Array.from({ length: count }, (_, line) => ({
    key: `run ${line}`,
    label: `run ${line}`,
    x,
    y: x.map((step) => 2 * Math.exp((-4 * step) / points) * (1 + line / count) + 0.1 + noise() * 0.1),
    stroke: strokeAt(line, false),
  }));
}

/** From the change of the state to the frame after the one it is painted in. */
function taken(next: Partial<State>): Promise<number> {
  return new Promise((done) => {
    const began = performance.now();
    now = { ...now, ...next };
    flushSync(() => change(now));
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  });
}

Object.assign(window, {
  ready: true,
  prepare: (count: number, points: number) => {
    const lines = made(count, points);
    Object.assign(window, {
      draw: () => taken({ lines }),
      log: (on: boolean) => taken({ logY: on }),
      zoom: (least: number, most: number) => taken({ range: { least, most } }),
    });
  },
});

createRoot(document.getElementById("root") as HTMLElement).render(<Bench />);
