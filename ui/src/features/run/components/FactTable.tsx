import { type ReactNode, useMemo, useState } from "react";

import { Button } from "../../../components/Button";
import { Copy } from "../../../components/Copy";
import { Input } from "../../../components/Field";
import { Section } from "../../../components/Page";
import { formatCount, formatNumber } from "../../../lib/format";
import { type Cell, found, type Sort, sorted } from "../logic/facts";

interface Props<Row> {
  title: string;
  columns: readonly string[];
  rows: readonly Row[];
  /** A row's key first, then its values in the order of the columns. */
  cells: (row: Row) => readonly Cell[];
  empty: string;
  aside?: ReactNode;
  actions?: (row: Row) => ReactNode;
}

const AT_FIRST = 100;

/** Keys with values: searched, sorted by any column, each value to be copied. */
export function FactTable<Row>({ title, columns, rows, cells, empty, aside, actions }: Props<Row>) {
  const [search, setSearch] = useState("");
  const [sort, setSort] = useState<Sort>({ column: 0, descending: false });
  const [all, setAll] = useState(false);
  const shown = useMemo(() => sorted(found(rows, cells, search), cells, sort), [rows, cells, search, sort]);
  const seen = all ? shown : shown.slice(0, AT_FIRST);
  const by = (column: number) => setSort({ column, descending: sort.column === column && !sort.descending });
  const tools = (
    <div className="flex items-center gap-2">
      {rows.length > 5 ? <Input type="search" aria-label={`Search ${title}`} placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} className="w-40" /> : null}
      {aside}
    </div>
  );
  return (
    <Section title={`${title} ${rows.length ? `(${formatCount(rows.length)})` : ""}`} aside={tools}>
      {rows.length === 0 ? <p className="text-muted">{empty}</p> : null}
      {rows.length > 0 ? (
        <div className="max-h-[32rem] overflow-auto rounded-md border border-line" tabIndex={0} role="region" aria-label={title}>
          <table className="w-full border-collapse text-left">
            <thead className="sticky top-0 z-10 bg-sunken">
              <tr>
                {columns.map((column, place) => (
                  <th key={column} scope="col" aria-sort={sort.column === place ? (sort.descending ? "descending" : "ascending") : undefined} className={`px-2 py-1.5 font-medium ${numeric(place, columns) ? "text-right" : ""}`}>
                    <button type="button" onClick={() => by(place)} className="font-medium">
                      {column} <span aria-hidden>{sort.column === place ? (sort.descending ? "▼" : "▲") : ""}</span>
                    </button>
                  </th>
                ))}
                <th scope="col" className="w-px"><span className="sr-only">Actions</span></th>
              </tr>
            </thead>
            <tbody>
              {seen.map((row) => <FactRow key={String(cells(row)[0])} cells={cells(row)} columns={columns} actions={actions?.(row)} />)}
            </tbody>
          </table>
        </div>
      ) : null}
      {rows.length > 0 && shown.length === 0 ? <p className="text-muted">Nothing holds “{search}”.</p> : null}
      {shown.length > seen.length ? <Button className="self-start" onClick={() => setAll(true)}>Show all {formatCount(shown.length)}</Button> : null}
    </Section>
  );
}

/** Tables of more than two columns are of numbers. */
function numeric(place: number, columns: readonly string[]): boolean {
  return place > 0 && columns.length > 2;
}

function FactRow({ cells, columns, actions }: { cells: readonly Cell[]; columns: readonly string[]; actions: ReactNode }) {
  const [key, value] = cells;
  return (
    <tr className="group border-t border-line/60 align-top hover:bg-sunken">
      {columns.map((column, place) => {
        const cell = cells[place] ?? null;
        const many = columns.length > 2;
        return (
          <td key={column} title={cell === null ? undefined : String(cell)} className={`px-2 py-1 ${place === 0 ? "font-mono break-all" : numeric(place, columns) ? "text-right whitespace-nowrap tabular-nums" : "break-words [overflow-wrap:anywhere]"}`}>
            <span className={place > 0 && !many ? "line-clamp-3 whitespace-pre-wrap" : ""}>{place > 0 && many ? formatNumber(cell, 6) : cell}</span>
          </td>
        );
      })}
      <td className="py-0.5 pr-1 whitespace-nowrap">
        <span className="flex justify-end opacity-60 group-focus-within:opacity-100 group-hover:opacity-100">
          {actions}
          <Copy text={String(value ?? "")} label={`Copy the value of ${key}`} />
        </span>
      </td>
    </tr>
  );
}
