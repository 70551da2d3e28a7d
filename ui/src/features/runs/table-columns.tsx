/** The columns of the table as it is drawn: of runs, or of groups of runs. */

import { type ReactNode, useMemo } from "react";

import { Checkbox } from "../../components/Field";
import type { Column } from "../../components/VirtualTable";
import { formatCount, formatNumber } from "../../lib/format";
import { nameCell, numberCell, OpenButton, runName, textCell, valueCell, valueText } from "./components/cells";
import { Swatch } from "./components/Swatch";
import { aggregatesOf, metricsOf } from "./logic/asked";
import { isSortable, partsOf, type Shown, titleOf } from "./logic/columns";
import type { GroupLine, Line, RunLine } from "./logic/lines";
import type { TableState } from "./use-table";

const NAME = "attributes.run_name";

/** What the columns are made of, without the lines, which are others whenever the table is scrolled far. */
export type Drawing = Omit<TableState, "view" | "setColumns" | "lines" | "metrics"> & {
  nested: boolean;
  view: Pick<TableState["view"], "group" | "aggregate" | "sort" | "split" | "open" | "hidden" | "baseline" | "setBaseline">;
};

const NONE: readonly string[] = [];

/** The columns of a state: the same ones until something of them changes. */
export function useTableColumns({ view, columns, lines, selects, baseline, drawn, toggleOpen, toggleHidden }: TableState): Column<Line>[] {
  const { group, aggregate, sort, split, open, hidden, baseline: named, setBaseline } = view;
  const { nested } = lines;
  const shown = split ? drawn : NONE;
  return useMemo(
    () => tableColumns({ view: { group, aggregate, sort, split, open, hidden, baseline: named, setBaseline }, columns, nested, selects, baseline, drawn: shown, toggleOpen, toggleHidden }),
    [group, aggregate, sort, split, open, hidden, named, setBaseline, columns, nested, selects, baseline, shown, toggleOpen, toggleHidden],
  );
}

function tableColumns(state: Drawing): Column<Line>[] {
  const { view, columns } = state;
  const first = view.group.length ? groupColumns(state) : [];
  const rest = view.group.length ? columns.filter(({ name }) => name !== NAME && !view.group.includes(name)) : columns;
  const pinned = rest.filter((column) => column.pinned);
  const loose = rest.filter((column) => !column.pinned);
  return [selectColumn(state), ...(view.split ? [swatchColumn(state)] : []), ...first, ...[...pinned, ...loose].map((column) => dataColumn(state, column))];
}

const ofRun = (draw: (line: RunLine, place: number) => ReactNode) => (line: Line, place: number) => (line.kind === "run" ? draw(line, place) : null);

function selectColumn({ selects, view }: Drawing): Column<Line> {
  return {
    key: "select",
    title: "Selected",
    width: 34,
    pinned: true,
    header: <Checkbox aria-label="Select all that match" checked={selects.isAll} onChange={selects.toggleAll} disabled={view.group.length > 0} />,
    cell: ofRun((line, place) => (
      <Checkbox
        aria-label="Select the run"
        checked={selects.isSelected(line.id)}
        onChange={() => undefined}
        onClick={(event) => selects.click(place, event.shiftKey)}
      />
    )),
  };
}

function swatchColumn({ drawn, view, toggleHidden }: Drawing): Column<Line> {
  return {
    key: "color",
    title: "Drawn",
    width: 34,
    pinned: true,
    header: <span className="sr-only">Drawn</span>,
    cell: ofRun((line) => <Swatch place={drawn.indexOf(line.id)} isHidden={view.hidden.includes(line.id)} onToggle={() => toggleHidden(line.id)} />),
  };
}

function dataColumn(state: Drawing, { name, pinned, width }: Shown): Column<Line> {
  const { view } = state;
  const { kind } = partsOf(name);
  const isMetric = kind === "metrics";
  const least = state.baseline !== null ? 190 : view.group.length && view.aggregate === "mean" ? 140 : 0;
  const widened = isMetric ? Math.max(width, least) : width;
  const sort = view.sort?.name === name ? { sort: view.sort.descending ? "descending" as const : "ascending" as const } : {};
  return {
    key: name,
    title: titleOf(name),
    width: widened,
    pinned,
    align: isMetric || name === "attributes.duration" ? "right" : "left",
    sortable: isSortable(name) && (view.group.length === 0 || isMetric),
    ...sort,
    text: (line) => (line.kind === "run" ? valueText(line, name, state.baseline) : null),
    ...(name === NAME ? { brief: lineName } : {}),
    cell: (line) => {
      if (line.kind === "run") return name === NAME ? namedCell(state, line) : valueCell(line, name, state.baseline);
      if (line.kind === "group") return isMetric ? aggregateCell(state, line, name) : null;
      return name === NAME ? textCell(line.text) : null;
    },
  };
}

const lineName = (line: Line) => (line.kind === "run" ? runName(line) : line.kind === "group" ? null : line.text);

function namedCell(state: Drawing, line: RunLine): ReactNode {
  return nameCell({
    line: state.nested ? line : { ...line, children: 0 },
    isOpen: state.view.open.includes(line.id),
    isBaseline: state.baseline?.id === line.id,
    onOpen: () => state.toggleOpen(line.id),
    onBaseline: () => state.view.setBaseline(state.view.baseline === line.id ? "" : line.id),
  });
}

function groupColumns(state: Drawing): Column<Line>[] {
  const { view } = state;
  const sorted = (name: string) => (view.sort?.name === name ? { sort: view.sort.descending ? "descending" as const : "ascending" as const } : {});
  return view.group.map((by, place) => ({
    key: by,
    title: titleOf(by),
    width: place === 0 ? 240 : 130,
    pinned: true,
    ...sorted(by),
    cell: (line: Line) => {
      if (line.kind === "group") return groupCell(state, line, place);
      if (place > 0) return null;
      return line.kind === "run" ? namedCell(state, line) : textCell(line.text);
    },
  }));
}

function groupCell(state: Drawing, line: GroupLine, place: number): ReactNode {
  const value = line.group.values[place] ?? null;
  const text = value === null ? <span className="text-muted">(none)</span> : <span className="truncate font-medium" title={value}>{value}</span>;
  if (place > 0) return text;
  const isOpen = state.view.open.includes(line.id);
  return (
    <>
      <OpenButton isOpen={isOpen} count={line.group.runs} what={`runs of ${value ?? "the group without one"}`} onOpen={() => state.toggleOpen(line.id)} />
      {text}
    </>
  );
}

function aggregateCell({ view, columns }: Drawing, line: GroupLine, name: string): ReactNode {
  const { key } = partsOf(name);
  const names = aggregatesOf(metricsOf(columns.map((column) => column.name)), view.aggregate);
  const value = line.group.aggregates[names.indexOf(`${view.aggregate}(metrics.${key})`)] ?? null;
  const spread = line.group.aggregates[names.indexOf(`stddev(metrics.${key})`)];
  const isSpread = typeof spread === "number" && spread > 0;
  return (
    <>
      {numberCell(value)}
      {isSpread ? <span className="ml-1 text-muted" title={`standard deviation ${spread} of ${formatCount(line.group.runs)} runs`}>± {formatNumber(spread, 2)}</span> : null}
    </>
  );
}
