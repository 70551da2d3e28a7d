import type { ReactNode } from "react";

import { Button, IconButton } from "../../../components/Button";
import { Badge } from "../../../components/Badge";
import { Checkbox, Select } from "../../../components/Field";
import { cellOf } from "../logic/lines";
import type { TableState } from "../use-table";
import type { Stage } from "../view";
import { ColumnPicker } from "./ColumnPicker";
import { ExportMenu } from "./ExportMenu";
import { GroupPicker } from "./GroupPicker";

const CHARTS = 55;

/** The filter and what else decides which runs are shown and how. */
export function Toolbar({ state, filter }: { state: TableState; filter: ReactNode }) {
  const { view, columns, lines, baseline } = state;
  const isNestable = view.filter === "" && view.stage === "active" && view.group.length === 0;
  const regroup = (group: readonly string[]) => {
    view.setOpen([]);
    view.setSort(null);
    view.setGroup(group);
  };
  return (
    <div className="flex flex-wrap items-start gap-2">
      {filter}
      <Select aria-label="Which runs" value={view.stage} onChange={(event) => view.setStage(event.target.value as Stage)}>
        <option value="active">Active</option>
        <option value="deleted">Deleted</option>
        <option value="all">All</option>
      </Select>
      <GroupPicker experiments={view.experiments} group={view.group} aggregate={view.aggregate} onGroup={regroup} onAggregate={view.setAggregate} />
      <ColumnPicker experiments={view.experiments} columns={columns} onChange={state.setColumns} />
      <Button aria-pressed={view.split > 0} className={view.split ? "border-accent! text-accent!" : ""} onClick={() => view.setSplit(view.split ? 0 : CHARTS)}>Charts</Button>
      <ExportMenu view={view} columns={columns.map((column) => column.name)} runs={lines.runs} />
      {isNestable ? (
        <label className="flex h-8 items-center gap-1.5" title="Children are below their parents, not beside them">
          <Checkbox checked={!view.flat} onChange={() => view.setFlat(!view.flat)} />
          Nest
        </label>
      ) : null}
      {view.baseline !== "" ? (
        <span className="flex h-8 items-center gap-1">
          <Badge tone="accent">⚑ baseline: <span className="max-w-40 truncate">{baseline ? String(cellOf(baseline, "attributes.run_name") ?? view.baseline) : view.baseline}</span></Badge>
          <IconButton label="Give up the baseline" onClick={() => view.setBaseline("")}>✕</IconButton>
        </span>
      ) : null}
    </div>
  );
}
