import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { formatCount } from "../../lib/format";
import { Failure, SkeletonLines } from "../States";
import { type Column, VirtualTable } from "../VirtualTable";
import { type FileStore, previewQuery } from "./store";
import { visible } from "./text";

type Cells = readonly (string | null)[];

/** The first rows of a CSV or Parquet file. */
export function TableView({ store, path }: { store: FileStore; path: string }) {
  const query = useQuery(previewQuery(store, path));
  if (query.isPending) return <SkeletonLines label="the table" lines={12} />;
  if (!query.data) return <Failure what="The table could not be read." error={query.error} onRetry={() => void query.refetch()} />;
  const { columns = [], rows = [], total_rows } = query.data;
  const all = total_rows === null || total_rows === undefined ? "" : ` of ${formatCount(total_rows)}`;
  return (
    <>
      <p className="text-muted">{total_rows === rows.length ? `${formatCount(rows.length)} rows` : `The first ${formatCount(rows.length)}${all} rows`}, {formatCount(columns.length)} columns</p>
      <RowsTable label="Rows of the file" columns={columns} rows={rows} />
    </>
  );
}

const MOST_SAMPLED = 50;

/** Rows of texts as a table; columns of numbers stand at the right. */
export function RowsTable({ label, columns, rows }: { label: string; columns: readonly string[]; rows: readonly Cells[] }) {
  const shown = useMemo(() => columns.map((title, place) => column(title, place, rows)), [columns, rows]);
  return <VirtualTable label={label} columns={[NUMBER, ...shown]} total={rows.length} rowAt={(place) => rows[place]} />;
}

const NUMBER: Column<Cells> = { key: "#", title: "#", width: 56, align: "right", pinned: true, brief: (_, place) => String(place + 1), cell: (_, place) => <span className="text-muted">{place + 1}</span> };

function column(title: string, place: number, rows: readonly Cells[]): Column<Cells> {
  const some = rows.slice(0, MOST_SAMPLED).map((row) => row[place] ?? "");
  const longest = Math.max(title.length, ...some.map((each) => each.length));
  const numbers = some.some(Boolean) && some.every((each) => each === "" || Number.isFinite(Number(each)));
  return {
    key: `${place} ${title}`,
    title: visible(title),
    width: Math.min(280, Math.max(64, longest * 9 + 20)),
    align: numbers ? "right" : "left",
    cell: (row) => {
      const value = row[place];
      if (value === null || value === undefined) return <span className="text-muted">–</span>;
      const text = visible(value);
      return <span className="truncate" title={text}>{text}</span>;
    },
  };
}
