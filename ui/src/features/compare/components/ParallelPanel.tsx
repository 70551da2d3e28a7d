import { useMemo } from "react";

import { Parallel } from "../../../components/charts/Parallel";
import { moved } from "../../../components/charts/order";
import { Section } from "../../../components/Page";
import { Empty } from "../../../components/States";
import { useHover } from "../hover";
import { type Coloring, scaleFor } from "../items";
import { allAxes, firstAxes } from "../logic/axes";
import { titleOf } from "../logic/comparison";
import { type Shared, useAxes, useBrushes, useColorBy, useKinds } from "../view";
import { AxisMenu } from "./AxisMenu";
import { ColorLegend } from "./ColorLegend";
import { ColumnSelect } from "./ColumnSelect";
import { KeyPicker } from "./KeyPicker";

/** Params and metrics as axes side by side, a line for each run. */
export function ParallelPanel({ shared, coloring, columns }: { shared: Shared; coloring: Coloring; columns: readonly string[] }) {
  const { compared } = shared;
  const [, setChosen] = useAxes();
  const [kinds, setKinds] = useKinds();
  const [color, setColor] = useColorBy();
  const { brushes, setBrush } = useBrushes();
  const [hovered, tell] = useHover();
  const options = useMemo(() => allAxes(compared), [compared]);
  const axes = useMemo(() => columns.map((key) => ({ key, title: titleOf(key), scale: scaleFor(compared, key, kinds) })), [columns, compared, kinds]);
  const strands = useMemo(() => {
    const values = columns.map((key) => compared.column(key));
    return coloring.items.map((item, index) => ({ ...item, values: values.map((column) => column[compared.runs[index]?.place ?? -1]) }));
  }, [columns, compared, coloring]);
  const move = (from: number, to: number) => setChosen(moved(columns, from, to));
  return (
    <Section title="Parallel coordinates" aside={<ColorLegend coloring={coloring} />}>
      <div className="flex flex-wrap items-center gap-3">
        <KeyPicker label="Axes" noun="axes" options={options} title={axisTitle} chosen={columns} onChange={setChosen} most={24} />
        <ColumnSelect label="Colour" value={color} options={options} onChange={setColor} none="by run" />
        <p className="text-muted">Drag along an axis to brush it, and its name to move it.</p>
      </div>
      {axes.length === 0 ? <Empty>Nothing tells these runs apart: choose axes to look at.</Empty> : (
        <Parallel
          title="Parallel coordinates"
          axes={axes}
          strands={strands}
          brushes={brushes}
          onBrush={setBrush}
          onMove={move}
          height={340}
          hovered={hovered}
          onHover={tell}
          heading={(axis, place) => (
            <AxisMenu
              axis={axis}
              place={place}
              count={axes.length}
              compared={compared}
              brush={brushes[axis.key]}
              onBrush={(brush) => setBrush(axis.key, brush)}
              onKind={(kind) => setKinds({ ...kinds, [axis.key]: kind })}
              onMove={(to) => move(place, to)}
              onRemove={() => setChosen(columns.filter((key) => key !== axis.key))}
            />
          )}
        />
      )}
    </Section>
  );
}

const axisTitle = (key: string) => `${titleOf(key)} (${key.slice(0, key.indexOf(".") - 1)})`;

/** The columns that are axes now. */
export function useAxisColumns({ compared }: Shared): readonly string[] {
  const [chosen] = useAxes();
  const first = useMemo(() => firstAxes(compared), [compared]);
  return chosen.length ? chosen : first;
}
