import { type Column, VirtualTable } from "../../../components/VirtualTable";
import type { SchemaColumn } from "../logic/described";

const ROW = 30;
const MOST_ROWS = 16;

/** The columns of a dataset, or its tensors. */
export function SchemaTable({ columns }: { columns: readonly SchemaColumn[] }) {
  const parts = columns.some(({ part }) => part !== "");
  const shown: Column<SchemaColumn>[] = [
    ...(parts ? [{ key: "part", title: "Part", width: 90, cell: ({ part }: SchemaColumn) => part }] : []),
    { key: "name", title: "Name", width: 260, cell: ({ name }) => <span className="truncate" title={name}>{name}</span> },
    { key: "type", title: "Type", width: 170, cell: ({ type }) => <span className="truncate font-mono" title={type}>{type}</span> },
    { key: "required", title: "Required", width: 90, cell: ({ required }) => (required ? "yes" : "no") },
  ];
  return <div className="flex flex-col" style={{ height: Math.min(MOST_ROWS, columns.length) * ROW + 40 }}><VirtualTable label="Schema" columns={shown} total={columns.length} rowAt={(place) => columns[place]} rowHeight={ROW} /></div>;
}
