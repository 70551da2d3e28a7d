import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { cellLook, type Column, type Placed, useSeenColumns } from "./columns";
import { Grip } from "./Grip";
import { useHurry } from "./hurry";

export type { Column } from "./columns";

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  total: number;
  /** The row at a place, or undefined while it is on its way. */
  rowAt: (place: number) => Row | undefined;
  /** The places that are seen now have changed. */
  onRange?: (first: number, last: number) => void;
  onSort?: (column: Column<Row>) => void;
  /** A column was given a width; where this is there, columns have edges to draw. */
  onResize?: (column: Column<Row>, width: number) => void;
  onOpen?: (place: number) => void;
  onHover?: (place: number | null) => void;
  /** More classes of a row; its background is `ground-…`. */
  rowLook?: (row: Row, place: number) => string;
  current?: number | null;
  rowHeight?: number;
}

const LEAST = 40;
const MOST = 1200;

/** A table of any length and width: only what is seen is in the page. Pinned columns, which come first, stay at the left. */
export function VirtualTable<Row>(props: Props<Row>) {
  const { label, total, rowAt, onRange, onOpen, onHover, rowLook, current = null, rowHeight = 30 } = props;
  const box = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<{ key: string; width: number } | null>(null);
  const columns = useMemo(
    () => props.columns.map((column) => (column.key === drawn?.key ? { ...column, width: drawn.width } : column)),
    [props.columns, drawn],
  );
  const hurried = useHurry(box); // its look at the way that was scrolled comes before anything is drawn
  const virtual = useVirtualizer({ count: total, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 4 });
  const seen = useSeenColumns(columns, box);
  const brief = useMemo(() => seen.find(({ column }) => column.brief) as Placed<unknown> | undefined, [seen]);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => onRange?.(first, last), [first, last, onRange]);
  useEffect(() => {
    if (current !== null) virtual.scrollToIndex(current, { align: "auto" });
  }, [current, virtual]);
  const template = columns.map((column) => `${column.width}px`).join(" ");
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const hovered = (event: MouseEvent) => {
    const place = event.target instanceof Element ? event.target.closest("[aria-rowindex]")?.getAttribute("aria-rowindex") : null;
    if (place) onHover?.(Number(place) - 2);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && current !== null && event.target === event.currentTarget) onOpen?.(current);
  };
  const resize = props.onResize && {
    move: (column: Column<Row>, width: number) => setDrawn({ key: column.key, width }),
    done: (column: Column<Row>, width: number) => {
      setDrawn(null);
      props.onResize?.(column, width);
    },
  };
  return (
    <div ref={box} role="grid" aria-label={label} aria-rowcount={total + 1} aria-colcount={columns.length} tabIndex={0} onKeyDown={pressed} className="min-h-0 flex-1 overflow-auto rounded-md border border-line">
      <div role="row" aria-rowindex={1} className="sticky top-0 z-20 grid min-w-full border-b border-line bg-sunken font-medium" style={{ gridTemplateColumns: template, width, height: rowHeight + 4 }}>
        {seen.map((placed) => <Heading key={placed.column.key} placed={placed} onSort={props.onSort} resize={resize} />)}
      </div>
      <div className="relative min-w-full" style={{ height: virtual.getTotalSize(), width }} onMouseOver={onHover && hovered} onMouseLeave={() => onHover?.(null)}>
        {items.map((item) => {
          const row = rowAt(item.index);
          const look = row === undefined ? "" : (rowLook?.(row, item.index) ?? "");
          const isCurrent = item.index === current;
          return <Row key={item.key} row={row} place={item.index} top={item.start} height={rowHeight} template={template} width={width} look={look} isCurrent={isCurrent} seen={seen as Placed<unknown>[]} brief={hurried ? brief : undefined} />;
        })}
      </div>
    </div>
  );
}

interface RowProps {
  row: unknown;
  place: number;
  top: number;
  height: number;
  template: string;
  width: number;
  look: string;
  isCurrent: boolean;
  seen: readonly Placed<unknown>[];
  /** The column that is all a new row has at first, while the table rushes by. */
  brief: Placed<unknown> | undefined;
}

/** A row is drawn again only when something of it is another: while the table scrolls, those that stay in sight are not. */
const Row = memo(function Row({ row, place, top, height, template, width, look, isCurrent, seen, brief }: RowProps) {
  const [isWhole, setIsWhole] = useState(!brief);
  if (!brief && !isWhole) setIsWhole(true);
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-selected={isCurrent}
      className={`group absolute top-0 grid min-w-full border-b border-line/60 bg-(--ground) ${isCurrent ? "ground-tint" : "ground-surface hover:ground-sunken"} ${look}`}
      style={{ gridTemplateColumns: template, width, height, transform: `translateY(${top}px)` }}
    >
      {row === undefined ? <OnItsWay /> : isWhole || !brief ? seen.map((placed) => cellOf(placed, row, place)) : briefOf(brief, row, place)}
    </div>
  );
});

function cellOf({ column, place: at, look, textLook, style }: Placed<unknown>, row: unknown, place: number): ReactNode {
  const words = column.pinned ? null : column.text?.(row);
  if (!words) return <div key={column.key} role="gridcell" aria-colindex={at + 1} className={look} style={style}>{column.cell(row, place)}</div>;
  const tone = words.isMuted ? `${textLook} text-muted` : textLook;
  return <div key={column.key} role="gridcell" aria-colindex={at + 1} className={tone} style={style} title={words.title}>{words.text}</div>;
}

function briefOf({ column, place: at, textLook }: Placed<unknown>, row: unknown, place: number): ReactNode {
  return <div role="gridcell" aria-colindex={at + 1} className={textLook} style={{ gridColumnStart: at + 1 }}>{column.brief?.(row, place)}</div>;
}

/** A row that is not there yet. It does not move: very many of them pass by while a long table scrolls. */
function OnItsWay() {
  return (
    <div role="gridcell" aria-busy className="col-span-full flex items-center px-2">
      <span className="h-3 w-3/5 rounded bg-line/60" />
    </div>
  );
}

interface HeadingProps<Row> {
  placed: Placed<Row>;
  onSort: Props<Row>["onSort"];
  resize: { move: (column: Column<Row>, width: number) => void; done: (column: Column<Row>, width: number) => void } | undefined;
}

function Heading<Row>({ placed: { column, place, style }, onSort, resize }: HeadingProps<Row>) {
  const sorted = column.sort === undefined ? {} : { "aria-sort": column.sort };
  return (
    <div role="columnheader" aria-colindex={place + 1} {...sorted} title={column.title} className={`${cellLook(column, "sticky z-10 bg-sunken")} ${column.pinned ? "" : "relative"}`} style={style}>
      {onSort && column.sortable !== false && !column.header ? (
        <button type="button" className="flex min-w-0 items-center gap-1 truncate font-medium" onClick={() => onSort(column)}>
          <span className="truncate">{column.title}</span>
          {column.sort ? <span aria-hidden>{column.sort === "ascending" ? "▲" : "▼"}</span> : null}
        </button>
      ) : (column.header ?? <span className="truncate">{column.title}</span>)}
      {resize && column.width > LEAST ? (
        <Grip
          label={`Width of ${column.title}`}
          value={column.width}
          least={LEAST + 8}
          most={MOST}
          step={12}
          onMove={(width) => resize.move(column, width)}
          onDone={(width) => resize.done(column, width)}
          className="absolute inset-y-1 right-0 w-1.5 rounded border-r border-line"
        />
      ) : null}
    </div>
  );
}
