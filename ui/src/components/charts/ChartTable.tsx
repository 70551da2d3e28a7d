import { useMemo } from "react";

import { formatNumber } from "../../lib/format";
import { VirtualTable } from "../VirtualTable";
import { pointRows } from "./point-rows";
import type { Line, XKind } from "./types";
import { xText } from "./view";

interface Props {
  title: string;
  lines: readonly Line[];
  xLabel: string;
  xKind?: XKind;
}

/** What a chart shows, as a table: a row an x, a column a line. It fills the height of a flex column. */
export function ChartTable({ title, lines, xLabel, xKind = "number" }: Props) {
  const rows = useMemo(() => pointRows(lines), [lines]);
  const columns = [
    { key: "x", title: xLabel, width: 170, pinned: true, cell: (row: (typeof rows)[number]) => xText(xKind, row.x) },
    ...lines.map((line, place) => ({
      key: line.key,
      title: line.label,
      width: Math.min(260, Math.max(130, line.label.length * 8 + 20)),
      align: "right" as const,
      cell: (row: (typeof rows)[number]) => <span title={String(row.y[place] ?? "")}>{formatNumber(row.y[place], 7)}</span>,
    })),
  ];
  return <VirtualTable label={`Points of ${title}`} columns={columns} total={rows.length} rowAt={(place) => rows[place]} />;
}
