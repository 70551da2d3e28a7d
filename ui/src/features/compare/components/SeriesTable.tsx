import { useMemo } from "react";

import { type Column, VirtualTable } from "../../../components/VirtualTable";
import { formatCount, formatNumber } from "../../../lib/format";
import type { Series } from "../../../wire/types";
import type { Shared } from "../view";
import { Swatch } from "./Swatch";

interface Row {
  id: string;
  name: string;
  points: number;
  numbers: { first: number | undefined; last: number | undefined; lowest: number | undefined; highest: number | undefined };
}

const NUMBERS = [["first", "First"], ["last", "Last"], ["lowest", "Lowest"], ["highest", "Highest"]] as const;

/** The lines of a chart in numbers. */
export function SeriesTable({ metric, series, shared }: { metric: string; series: readonly Series[]; shared: Shared }) {
  const rows = useMemo(() => rowsOf(series, shared), [series, shared]);
  const columns: Column<Row>[] = [
    { key: "run", title: "Run", width: 180, pinned: true, brief: ({ name }) => name, cell: ({ id, name }) => <span className="flex min-w-0 items-center gap-2"><Swatch stroke={shared.strokes.get(id)} /><span className="truncate" title={name}>{name}</span></span> },
    ...NUMBERS.map(([key, title]): Column<Row> => ({ key, title, width: 88, align: "right", cell: ({ numbers }) => <span title={String(numbers[key] ?? "")}>{formatNumber(numbers[key])}</span> })),
    { key: "points", title: "Points", width: 80, align: "right", cell: ({ points }) => formatCount(points) },
  ];
  return <VirtualTable label={`${metric} of each run`} columns={columns} total={rows.length} rowAt={(place) => rows[place]} />;
}

function rowsOf(series: readonly Series[], { compared }: Shared): Row[] {
  const byRun = new Map(series.map((each) => [each.run_id, each]));
  return compared.runs.flatMap(({ id, name }) => {
    const own = byRun.get(id);
    if (!own) return [];
    const values = own.values.filter((value) => typeof value === "number");
    const fold = (choose: (one: number, other: number) => number) => (values.length ? values.reduce((one, other) => choose(one, other)) : undefined);
    return [{ id, name, points: own.total, numbers: { first: values[0], last: values[values.length - 1], lowest: fold(Math.min), highest: fold(Math.max) } }];
  });
}
