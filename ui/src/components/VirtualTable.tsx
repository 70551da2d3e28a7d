import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

import { Skeleton } from "./States";

export interface Column<Row> {
  key: string;
  title: string;
  width: number;
  header?: ReactNode;
  align?: "left" | "right";
  pinned?: boolean;
  sort?: "ascending" | "descending" | undefined;
  cell: (row: Row, place: number) => ReactNode;
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  total: number;
  /** The row at a place, or undefined while it is on its way. */
  rowAt: (place: number) => Row | undefined;
  /** The places that are seen now have changed. */
  onRange?: (first: number, last: number) => void;
  onSort?: (column: Column<Row>) => void;
  onOpen?: (place: number) => void;
  onHover?: (place: number | null) => void;
  rowLook?: (row: Row, place: number) => string;
  current?: number | null;
  rowHeight?: number;
}

/** A table of any length: only rows that are seen are in the page. Pinned columns stay at the left. */
export function VirtualTable<Row>(props: Props<Row>) {
  const { label, columns, total, rowAt, onRange, onSort, onOpen, onHover, rowLook, current = null, rowHeight = 30 } = props;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: total, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 8 });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => onRange?.(first, last), [first, last, onRange]);
  useEffect(() => {
    if (current !== null && current < total) virtual.scrollToIndex(current, { align: "auto" });
  }, [current, total, virtual]);
  const template = columns.map((column) => `${column.width}px`).join(" ");
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const lefts = pinnedLefts(columns);
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && current !== null && event.target === event.currentTarget) onOpen?.(current);
  };
  return (
    <div ref={box} role="grid" aria-label={label} aria-rowcount={total + 1} tabIndex={0} onKeyDown={pressed} className="min-h-0 flex-1 overflow-auto rounded-md border border-line">
      <div role="row" aria-rowindex={1} className="sticky top-0 z-20 grid border-b border-line bg-sunken font-medium" style={{ gridTemplateColumns: template, width, height: rowHeight + 4 }}>
        {columns.map((column, place) => (
          <div key={column.key} role="columnheader" aria-sort={column.sort ?? "none"} title={column.title} className={cellLook(column, "bg-sunken")} style={lefts[place]}>
            {onSort && !column.header ? (
              <button type="button" className="flex min-w-0 items-center gap-1 truncate font-medium" onClick={() => onSort(column)}>
                <span className="truncate">{column.title}</span>
                {column.sort ? <span aria-hidden>{column.sort === "ascending" ? "▲" : "▼"}</span> : null}
              </button>
            ) : (column.header ?? column.title)}
          </div>
        ))}
      </div>
      <div className="relative" style={{ height: virtual.getTotalSize(), width }} onMouseLeave={() => onHover?.(null)}>
        {items.map((item) => {
          const row = rowAt(item.index);
          const look = row === undefined ? "" : (rowLook?.(row, item.index) ?? "");
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={item.index === current}
              onMouseEnter={() => onHover?.(item.index)}
              className={`group absolute top-0 grid border-b border-line/60 ${item.index === current ? "bg-tint" : "bg-surface hover:bg-sunken"} ${look}`}
              style={{ gridTemplateColumns: template, width, height: rowHeight, transform: `translateY(${item.start}px)` }}
            >
              {columns.map((column, place) => (
                <div key={column.key} role="gridcell" className={cellLook(column, "bg-inherit")} style={lefts[place]}>
                  {row === undefined ? <Skeleton className="h-3 w-2/3" /> : column.cell(row, item.index)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function cellLook<Row>(column: Column<Row>, ground: string): string {
  const side = column.align === "right" ? "justify-end tabular-nums" : "";
  return `flex min-w-0 items-center overflow-hidden px-2 whitespace-nowrap ${side} ${column.pinned ? `sticky z-10 ${ground}` : ""}`;
}

/** How far from the left each pinned column stays. */
function pinnedLefts<Row>(columns: readonly Column<Row>[]): ({ left: number } | undefined)[] {
  let left = 0;
  return columns.map((column) => {
    if (!column.pinned) return undefined;
    const at = { left };
    left += column.width;
    return at;
  });
}
