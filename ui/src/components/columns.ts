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
  /** What a cell says where that is words and nothing else: it is one element then. Null for one that `cell` draws. */
  text?: (row: Row) => Text | null;
  /** What a row is called while it rushes by; its other columns follow when that slows. */
  brief?: (row: Row, place: number) => string | null;
}

/** The words of a cell, and all of them where they are cut. */
export interface Text {
  text: string;
  title?: string;
  isMuted?: boolean;
}

export interface Placed<Row> {
  column: Column<Row>;
  place: number;
  /** The classes of its cells, and of those that are words. */
  look: string;
  textLook: string;
  /** Its place in the grid where that is not after the one before, and how far from the left it stays where it is pinned. */
  style: { gridColumnStart?: number; left?: number } | undefined;
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
  const isAside = (virtual.scrollOffset ?? 0) > 0; // what does not move need not be held
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? Math.min(11, columns.length - 1);
  return useMemo(() => {
    const pinned = columns.filter((column) => column.pinned).length;
    const isApart = first > pinned;
    let left = 0;
    return columns.flatMap((column, place): Placed<Row>[] => {
      const looks = { column, place, look: cellLook(column, isAside ? "sticky z-10 bg-(--ground)" : ""), textLook: textLook(column) };
      if (!column.pinned) return place < first || place > last ? [] : [{ ...looks, style: isApart ? { gridColumnStart: place + 1 } : undefined }];
      const at = left;
      left += column.width;
      return [{ ...looks, style: { left: at } }];
    });
  }, [columns, first, last, isAside]);
}

/** The classes of a cell; `held` are those that keep a pinned one at its place, above what passes below it. */
export function cellLook<Row>(column: Column<Row>, held: string): string {
  const side = column.align === "right" ? "justify-end-safe tabular-nums" : "";
  return `row-start-1 flex min-w-0 items-center overflow-hidden px-2 whitespace-nowrap ${side} ${column.pinned ? held : ""}`;
}

function textLook<Row>(column: Column<Row>): string {
  return `row-start-1 self-center truncate px-2 ${column.align === "right" ? "text-right tabular-nums" : ""}`;
}
