import { useMemo } from "react";
import { useLocation } from "wouter";

import { Scatter } from "../../../components/charts/Scatter";
import { Checkbox } from "../../../components/Field";
import { Section } from "../../../components/Page";
import { Empty } from "../../../components/States";
import { formatNumber } from "../../../lib/format";
import { paths } from "../../../paths";
import { useHover } from "../hover";
import { type Coloring, scaleFor } from "../items";
import { titleOf } from "../logic/comparison";
import { type Shared, useColumn, useKinds } from "../view";
import { ColumnSelect } from "./ColumnSelect";

interface Props {
  shared: Shared;
  coloring: Coloring;
  numeric: readonly string[];
}

/** Two columns of numbers, a point for each run. */
export function ScatterPanel({ shared: { compared }, coloring, numeric }: Props) {
  const [x, setX] = useColumn("x");
  const [y, setY] = useColumn("y");
  const [kinds, setKinds] = useKinds();
  const [hovered, tell] = useHover();
  const [, navigate] = useLocation();
  const across = x || numeric.find((name) => name.startsWith("params.")) || numeric[1] || numeric[0] || "";
  const up = y || numeric.find((name) => name !== across && name.startsWith("metrics.")) || numeric[0] || "";
  const scales = useMemo(() => ({ x: scaleFor(compared, across, kinds), y: scaleFor(compared, up, kinds) }), [compared, across, up, kinds]);
  const points = useMemo(() => {
    const [xs, ys, colors] = [compared.column(across), compared.column(up), compared.column(coloring.column)];
    return coloring.items.map((item, index) => {
      const place = compared.runs[index]?.place ?? -1;
      return { ...item, x: xs[place], y: ys[place], note: colors.length ? `${titleOf(coloring.column)} ${formatNumber(colors[place])}` : undefined };
    });
  }, [compared, across, up, coloring]);
  if (numeric.length === 0) return <Section title="Scatter"><Empty>These runs have no numbers to draw.</Empty></Section>;
  return (
    <Section title="Scatter">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {([["x", across, setX, scales.x], ["y", up, setY, scales.y]] as const).map(([name, column, set, scale]) => (
          <span key={name} className="flex items-center gap-2">
            <ColumnSelect label={name} value={column} options={numeric} onChange={set} />
            <label className="flex items-center gap-1"><Checkbox checked={scale.kind === "log"} onChange={() => setKinds({ ...kinds, [column]: scale.kind === "log" ? "linear" : "log" })} />log</label>
          </span>
        ))}
      </div>
      <Scatter title="Scatter" points={points} x={scales.x} y={scales.y} xTitle={titleOf(across)} yTitle={titleOf(up)} height={320} hovered={hovered} onHover={tell} onOpen={(run) => navigate(paths.run(run))} />
    </Section>
  );
}
