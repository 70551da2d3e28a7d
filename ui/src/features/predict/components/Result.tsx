import { Button } from "../../../components/Button";
import { RowsTable } from "../../../components/files/TableView";
import { visible } from "../../../components/files/text";
import { Section } from "../../../components/Page";
import { formatNumber } from "../../../lib/format";
import { toCsv } from "../lib/csv";
import type { Cell, Table } from "../lib/feeds";
import type { Field, Row } from "../lib/fields";

interface Props {
  table: Table;
  fields: readonly Field[];
  rows: readonly Row[];
  where: string;
}

/** One prediction large, many as a table; both as CSV beside their input. */
export function Result({ table, fields, rows, where }: Props) {
  const save = () => {
    const names = fields.map((field) => field.name);
    const lines = table.rows.map((line, place) => [...names.map((name) => plain(rows[place]?.[name])), ...line]);
    const address = URL.createObjectURL(new Blob([toCsv([...names, ...table.columns], lines)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "predictions.csv";
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  const [only] = table.rows;
  const large = table.rows.length === 1 && only !== undefined && only.length <= 3;
  return (
    <Section title={table.rows.length === 1 ? "Prediction" : `${table.rows.length} predictions`} aside={<Button kind="quiet" onClick={save}>Download as CSV</Button>}>
      <div role="status" aria-label="Prediction" className="flex flex-col">
        {large ? (
          <dl className="flex flex-wrap gap-x-8 gap-y-2">
            {only.map((cell, place) => (
              <div key={table.columns[place]}>
                <dt className="text-muted">{visible(table.columns[place] ?? "")}</dt>
                <dd className={place === 0 ? "text-2xl font-semibold" : "text-lg"} data-value={String(cell)} title={String(cell)}>{shown(cell)}</dd>
              </div>
            ))}
          </dl>
        ) : (
          <div className="flex h-96 max-h-[60vh] flex-col"><RowsTable label="Predictions" columns={table.columns} rows={table.rows.map((line) => line.map((cell) => (cell === null ? null : shown(cell))))} /></div>
        )}
        <p className="pt-1 text-muted">{where}</p>
      </div>
    </Section>
  );
}

function shown(cell: Cell): string {
  return typeof cell === "number" ? formatNumber(cell, 6) : visible(String(cell));
}

function plain(value: unknown): Cell {
  return value === undefined ? null : value !== null && typeof value === "object" ? JSON.stringify(value) : (value as Cell);
}
