import { useMemo } from "react";
import { Link } from "wouter";

import { Badge } from "../../../components/Badge";
import { IconButton } from "../../../components/Button";
import { Copy } from "../../../components/Copy";
import { Checkbox } from "../../../components/Field";
import { type Column, VirtualTable } from "../../../components/VirtualTable";
import { When } from "../../../components/When";
import { formatCount } from "../../../lib/format";
import { paths } from "../../../paths";
import type { ExperimentRow } from "../../../wire/types";
import { shortName, type TreeLine } from "../logic/tree";

export type Line = TreeLine<ExperimentRow> & { within: string };

interface Props {
  lines: readonly Line[];
  folded: ReadonlySet<string>;
  selected: ReadonlySet<string>;
  isAll: boolean;
  current: number | null;
  onFold: (path: string) => void;
  onSelect: (place: number, shift: boolean) => void;
  onSelectAll: () => void;
  onRename: (experiment: ExperimentRow) => void;
}

const HIDDEN_TAGS = /^mlflow\./;
const INDENT = 18;

export function ExperimentsTable(props: Props) {
  const { lines, current } = props;
  const columns = useMemo(() => columnsOf(props), [props]);
  return <VirtualTable label="Experiments" columns={columns} total={lines.length} rowAt={(place) => lines[place]} current={current} rowHeight={34} />;
}

function columnsOf({ folded, selected, isAll, onFold, onSelect, onSelectAll, onRename }: Props): Column<Line>[] {
  const ofItem = (draw: (item: ExperimentRow, place: number) => React.ReactNode) => (line: Line, place: number) => (line.kind === "item" ? draw(line.item, place) : null);
  return [
    {
      key: "select", title: "Selected", width: 36, pinned: true,
      header: <Checkbox aria-label="Select all" checked={isAll} onChange={onSelectAll} />,
      cell: ofItem((item, place) => (
        <Checkbox aria-label={`Select ${item.name}`} checked={selected.has(item.experiment_id)} onChange={() => undefined} onClick={(event) => onSelect(place, event.shiftKey)} />
      )),
    },
    {
      key: "name", title: "Name", width: 460,
      brief: (line) => (line.kind === "folder" ? `${line.folder.title}/` : shortName(line.item.name, line.within)),
      cell: (line) => (
        <>
          {line.depth > 0 ? <span aria-hidden className="shrink-0" style={{ width: line.depth * INDENT }} /> : null}
          {line.kind === "folder" ? <FolderName line={line} isFolded={folded.has(line.folder.path)} onFold={onFold} /> : (
            <>
              <Link href={paths.runs(line.item.experiment_id)} title={line.item.name} className="min-w-0 truncate font-medium">{shortName(line.item.name, line.within)}</Link>
              <IconButton label={`Rename ${line.item.name}`} className="ml-1 shrink-0 opacity-0 group-hover:opacity-100 focus:opacity-100" onClick={() => onRename(line.item)}>✎</IconButton>
            </>
          )}
        </>
      ),
    },
    {
      key: "runs", title: "Runs", width: 90, align: "right",
      cell: (line) => (line.kind === "folder" ? <span className="text-muted">{formatCount(line.folder.runs)}</span> : formatCount(line.item.runs)),
    },
    { key: "activity", title: "Last activity", width: 150, cell: (line) => <When time={line.kind === "folder" ? line.folder.lastActivity : line.item.last_activity} /> },
    { key: "created", title: "Created", width: 150, cell: ofItem((item) => <When time={item.creation_time} />) },
    {
      key: "id", title: "ID", width: 210,
      cell: ofItem((item) => (
        <>
          <span className="truncate font-mono" title={item.experiment_id}>{item.experiment_id}</span>
          <Copy text={item.experiment_id} label={`Copy the ID of ${item.name}`} />
        </>
      )),
    },
    {
      key: "tags", title: "Tags", width: 320,
      cell: ofItem((item) => (
        <span className="flex gap-1 overflow-hidden">
          {(item.tags ?? []).filter(({ key }) => !HIDDEN_TAGS.test(key)).slice(0, 4).map(({ key, value }) => (
            <Badge key={key} title={`${key}: ${value}`}>{`${key}: ${value}`.slice(0, 40)}</Badge>
          ))}
        </span>
      )),
    },
  ];
}

function FolderName({ line, isFolded, onFold }: { line: Line & { kind: "folder" }; isFolded: boolean; onFold: (path: string) => void }) {
  return (
    <button type="button" aria-expanded={!isFolded} title={line.folder.path} onClick={() => onFold(line.folder.path)} className="flex min-w-0 items-center gap-1.5">
      <span aria-hidden className="w-3 text-muted">{isFolded ? "▸" : "▾"}</span>
      <span className="truncate">{line.folder.title}/</span>
      <span className="text-muted">{formatCount(line.folder.count)}</span>
    </button>
  );
}
