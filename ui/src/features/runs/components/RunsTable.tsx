import { useState } from "react";
import { useLocation } from "wouter";

import { VirtualTable } from "../../../components/VirtualTable";
import { useKeys } from "../../../lib/keys";
import { paths } from "../../../paths";
import { isAll } from "../logic/selection";
import { nextSort } from "../logic/columns";
import { useTableColumns } from "../table-columns";
import type { TableState } from "../use-table";

const ON_THEIR_WAY = 20;

interface Props {
  state: TableState;
  hovered: string | null;
  onHover: (run: string | null) => void;
}

/** The table of runs, with the keys that move in it. */
export function RunsTable({ state, hovered, onHover }: Props) {
  const { view, lines, selects } = state;
  const [, navigate] = useLocation();
  const [current, setCurrent] = useState<number | null>(null);
  const length = lines.length ?? ON_THEIR_WAY;
  const columns = useTableColumns(state);
  const move = (by: number) => setCurrent((now) => Math.min(length - 1, Math.max(0, now === null ? 0 : now + by)));
  const line = current === null ? undefined : lines.lineAt(current);
  const open = (place: number) => {
    const at = lines.lineAt(place);
    if (at?.kind === "run") navigate(paths.run(at.id));
    if (at?.kind === "group") state.toggleOpen(at.id);
  };
  useKeys([
    { keys: "j", what: "next run", run: () => move(1) },
    { keys: "k", what: "previous run", run: () => move(-1) },
    { keys: "x", what: "select the run", run: () => current !== null && selects.click(current, false) },
    { keys: "Enter", what: "open the run", run: (event) => current !== null && !isControl(event) && open(current) },
    { keys: "o", what: "open or close what is below it", run: () => line && (line.kind === "group" || (line.kind === "run" && lines.nested && line.children > 0)) && state.toggleOpen(line.id) },
    { keys: "b", what: "make it the baseline", run: () => line?.kind === "run" && view.setBaseline(view.baseline === line.id ? "" : line.id) },
    { keys: "c", what: "compare the selected runs", run: () => view.selection.length > 0 && !isAll(view.selection) && navigate(paths.compare(view.selection)) },
    { keys: "Escape", what: "give up the selection", run: (event) => !isControl(event) && view.selection.length > 0 && selects.clear() },
  ]);
  return (
    <VirtualTable
      label="Runs"
      columns={columns}
      total={length}
      rowAt={lines.lineAt}
      current={current}
      onRange={lines.onRange}
      onSort={(column) => view.setSort(nextSort(view.sort, column.key))}
      onResize={({ key }, width) => state.setColumns(state.columns.map((column) => (column.name === key ? { ...column, width } : column)))}
      onHover={(place) => {
        const at = place === null ? undefined : lines.lineAt(place);
        onHover(at?.kind === "run" ? at.id : null);
      }}
      rowLook={(at) => `${at.id === hovered ? "ground-sunken!" : ""} ${at.kind === "group" ? "ground-sunken" : ""} ${view.stage === "deleted" ? "text-muted" : ""}`}
    />
  );
}

function isControl(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && event.target.closest("a, button, input, select, textarea, [role=menu], [role=dialog], [role=separator]") !== null;
}
