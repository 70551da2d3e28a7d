import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";

import { formatBytes } from "../../lib/format";
import { Skeleton } from "../States";
import { folderQuery, foldersOf, type Space } from "./store";
import { visible } from "./text";
import { type Folder, treeFind, treeMove, type TreeRow, treeRows } from "./tree";

const HEIGHT = 28;

interface Props {
  label: string;
  space: Space;
  selected: string;
  onSelect: (path: string) => void;
}

/** Files and folders, a folder fetched when it is opened. Only rows that are seen are in the page. */
export function FileTree({ label, space, selected, onSelect }: Props) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const open = useMemo(() => {
    const found = new Set(selected ? foldersOf(selected) : []);
    for (const [path, isOpen] of toggled) {
      if (isOpen) found.add(path);
      else found.delete(path);
    }
    return found;
  }, [selected, toggled]);
  const rows = useRows(space, open);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => HEIGHT, overscan: 10 });
  const place = rows.findIndex((row) => row.path === selected && row.kind !== "wait" && row.kind !== "error");
  const [at, setAt] = useState(-1);
  const current = at >= 0 && at < rows.length ? at : Math.max(0, place);
  const shown = useRef("");
  useEffect(() => {
    if (place >= 0 && shown.current !== selected) {
      shown.current = selected;
      setAt(place);
      virtual.scrollToIndex(place, { align: "auto" });
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only a new selection moves the tree, not what opens around it
  }, [selected, place >= 0]);

  const toggle = (path: string) => setToggled((all) => new Map(all).set(path, !open.has(path)));
  const choose = (row: TreeRow) => {
    if (row.kind === "folder" && (row.path === selected || !open.has(row.path))) toggle(row.path);
    onSelect(row.path);
  };
  const go = (to: number) => {
    setAt(to);
    virtual.scrollToIndex(to, { align: "auto" });
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = treeMove(rows, current, event.key);
    if (move === null) {
      if (event.key.length !== 1 || event.key === "?") return;
      go(treeFind(rows, current, event.key));
    } else if ("go" in move) go(move.go);
    else if ("toggle" in move) toggle(move.toggle);
    else {
      const row = rows[current];
      if (row) choose(row);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={box}
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={rows.length ? `tree-row-${current}` : undefined}
      onKeyDown={pressed}
      className="group/tree min-h-0 flex-1 overflow-auto rounded-md border border-line py-1"
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }} role="presentation">
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <div key={item.key} role="presentation" className="absolute inset-x-0 top-0" style={{ height: HEIGHT, transform: `translateY(${item.start}px)` }}>
              <Row row={row} id={`tree-row-${item.index}`} selected={row.path === selected} current={item.index === current} onChoose={() => { setAt(item.index); choose(row); }} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useRows(space: Space, open: ReadonlySet<string>): TreeRow[] {
  const asked = useMemo(() => ["", ...open], [open]);
  const answers = useQueries({ queries: asked.map((path) => folderQuery(space, path)) });
  const changed = answers.map((answer) => `${answer.dataUpdatedAt} ${answer.status}`).join();
  return useMemo(() => {
    const folders = new Map<string, Folder>();
    answers.forEach((answer, place) => {
      const folder: Folder = answer.data ? { files: answer.data } : answer.error ? { error: answer.error } : { wait: true };
      folders.set(asked[place] ?? "", folder);
    });
    return treeRows(folders, open);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `answers` is another list at every turn; `changed` says when it differs
  }, [asked, open, changed]);
}

interface RowProps {
  row: TreeRow;
  id: string;
  selected: boolean;
  current: boolean;
  onChoose: () => void;
}

function Row({ row, id, selected, current, onChoose }: RowProps) {
  const indent = { paddingLeft: 8 + row.depth * 16 };
  if (row.kind === "wait") return <div className="flex h-full items-center" style={indent}><Skeleton className="ml-4 h-3 w-32" /></div>;
  if (row.kind === "error") return <div id={id} role="treeitem" aria-selected={false} className="flex h-full items-center text-bad" style={indent}>could not be listed</div>;
  const name = visible(row.name);
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-setsize={row.siblings}
      aria-posinset={row.place}
      aria-selected={selected}
      aria-expanded={row.kind === "folder" ? row.open : undefined}
      title={name}
      onClick={onChoose}
      style={indent}
      className={`mx-1 flex h-full cursor-pointer items-center gap-1.5 rounded pr-2 ${selected ? "bg-tint font-medium" : "hover:bg-sunken"} ${current ? "group-focus-visible/tree:outline-2 group-focus-visible/tree:-outline-offset-2 group-focus-visible/tree:outline-accent" : ""}`}
    >
      <span aria-hidden className="w-3 shrink-0 text-center text-[0.75em] text-muted">{row.kind === "folder" ? (row.open ? "▼" : "▶") : ""}</span>
      <span className={`min-w-0 flex-1 truncate ${row.kind === "folder" ? "" : "text-fg"}`}>{name}{row.kind === "folder" ? "/" : ""}</span>
      {row.size === null ? null : <span className="shrink-0 text-muted tabular-nums">{formatBytes(row.size)}</span>}
    </div>
  );
}

