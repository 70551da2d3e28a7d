/** Columns of a table: what they are, where the pinned ones stay, and which are seen. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useMemo } from "react";

export interface Column<Row> {
  key: string;
  title: string;
  width: number;
  header?: ReactNode;
  align?: "left" | "right";
  pinned?: boolean;
  /** False for a column that cannot be sorted by where others can. */
  sortable?: boolean;
  sort?: "ascending" | "descending" | undefined;
  cell: (row: Row, place: number) => ReactNode;
}

export interface Placed<Row> {
  column: Column<Row>;
  place: number;
  /** Its place in the grid, and how far from the left it stays where it is pinned. */
  style: { gridColumnStart: number; left?: number };
}

/** The columns that are in the page: the pinned ones, and those that are seen now. */
export function useSeenColumns<Row>(columns: readonly Column<Row>[], box: RefObject<HTMLElement | null>): Placed<Row>[] {
  const widths = columns.map((column) => column.width).join(" ");
  const virtual = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => box.current,
    estimateSize: (place) => columns[place]?.width ?? 0,
    overscan: 2,
  });
  useEffect(() => virtual.measure(), [virtual, widths]);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? Math.min(11, columns.length - 1);
  return useMemo(() => {
    let left = 0;
    return columns.flatMap((column, place) => {
      if (!column.pinned) return place < first || place > last ? [] : [{ column, place, style: { gridColumnStart: place + 1 } }];
      const at = left;
      left += column.width;
      return [{ column, place, style: { gridColumnStart: place + 1, left: at } }];
    });
  }, [columns, first, last]);
}

export function cellLook<Row>(column: Column<Row>, ground: string): string {
  const side = column.align === "right" ? "justify-end-safe tabular-nums" : "";
  return `row-start-1 flex min-w-0 items-center overflow-hidden px-2 whitespace-nowrap ${side} ${column.pinned ? `sticky z-10 ${ground}` : ""}`;
}
