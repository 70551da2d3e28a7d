import { useState } from "react";

import { Button, IconButton } from "../../../components/Button";
import { Input, Select } from "../../../components/Field";
import { Popover } from "../../../components/Menu";
import { type Aspect, ASPECTS, nameOf, partsOf, type Shown, shown, titleOf } from "../logic/columns";
import { ColumnFinder } from "./ColumnFinder";

interface Props {
  experiments: readonly string[];
  columns: readonly Shown[];
  onChange: (columns: readonly Shown[] | null) => void;
}

/** Which columns are shown, in which order, which stay at the left, and which of a metric's values they show. */
export function ColumnPicker({ experiments, columns, onChange }: Props) {
  const [search, setSearch] = useState("");
  const replace = (place: number, ...others: Shown[]) => onChange(columns.toSpliced(place, 1, ...others));
  const move = (place: number, by: number) => {
    const column = columns[place];
    if (column) onChange(columns.toSpliced(place, 1).toSpliced(place + by, 0, column));
  };
  const toggle = (name: string) => {
    const place = columns.findIndex((column) => column.name === name);
    onChange(place < 0 ? [...columns, shown(name)] : columns.toSpliced(place, 1));
  };
  return (
    <Popover label="Columns" trigger={<Button>Columns<span className="text-muted">{columns.length}</span></Button>}>
      <div className="grid w-[46rem] max-w-[88vw] grid-cols-2 gap-4">
        <div className="flex min-w-0 flex-col gap-2">
          <Input autoFocus aria-label="Search for a column" placeholder="Search params, metrics, tags" value={search} onChange={(event) => setSearch(event.target.value)} />
          <ColumnFinder experiments={experiments} search={search} shownNames={columns.map((column) => column.name)} onToggle={toggle} />
        </div>
        <div className="flex min-w-0 flex-col gap-2">
          <div className="flex h-8 items-center justify-between">
            <h3 className="font-medium">Shown</h3>
            <Button kind="quiet" onClick={() => onChange(null)}>As at the start</Button>
          </div>
          <ol className="flex max-h-[52vh] flex-col overflow-auto">
            {columns.map((column, place) => (
              <ShownRow
                key={column.name}
                column={column}
                isFirst={place === 0}
                isLast={place === columns.length - 1}
                onMove={(by) => move(place, by)}
                onPin={() => replace(place, { ...column, pinned: !column.pinned })}
                onAspect={(aspect) => replace(place, { ...shown(nameOf({ ...partsOf(column.name), aspect })), pinned: column.pinned })}
                onRemove={() => replace(place)}
              />
            ))}
          </ol>
        </div>
      </div>
    </Popover>
  );
}

interface RowProps {
  column: Shown;
  isFirst: boolean;
  isLast: boolean;
  onMove: (by: number) => void;
  onPin: () => void;
  onAspect: (aspect: Aspect) => void;
  onRemove: () => void;
}

function ShownRow({ column, isFirst, isLast, onMove, onPin, onAspect, onRemove }: RowProps) {
  const { kind, key, aspect } = partsOf(column.name);
  const title = titleOf(column.name);
  return (
    <li className="flex items-center gap-0.5">
      <span className="min-w-0 flex-1 truncate" title={column.name}>{kind === "metrics" ? key : title}</span>
      {kind === "metrics" ? (
        <Select aria-label={`Value of ${key}`} className="h-7" value={aspect} onChange={(event) => onAspect(event.target.value as Aspect)}>
          {ASPECTS.map((each) => <option key={each}>{each}</option>)}
        </Select>
      ) : null}
      <IconButton label={`${column.pinned ? "Unpin" : "Pin"} ${title}`} aria-pressed={column.pinned} className={column.pinned ? "text-accent!" : ""} onClick={onPin}>⇤</IconButton>
      <IconButton label={`Move ${title} to the left`} disabled={isFirst} onClick={() => onMove(-1)}>↑</IconButton>
      <IconButton label={`Move ${title} to the right`} disabled={isLast} onClick={() => onMove(1)}>↓</IconButton>
      <IconButton label={`Hide ${title}`} disabled={column.name === "attributes.run_name"} onClick={onRemove}>✕</IconButton>
    </li>
  );
}
