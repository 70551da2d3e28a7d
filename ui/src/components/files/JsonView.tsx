import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { Button } from "../Button";
import { Failure, SkeletonLines } from "../States";
import { textQuery } from "./blob";
import { firstOpen, type Json, type JsonRow, jsonRows, parseJson, STEP } from "./json-tree";
import type { FileStore } from "./store";
import { visible } from "./text";
import { TextView } from "./TextView";

/** A JSON file as a tree that opens and closes. What cannot be parsed is shown as the text it is. */
export function JsonView({ store, path }: { store: FileStore; path: string }) {
  const query = useQuery(textQuery(store, path));
  const parsed = useMemo(() => {
    if (query.data === undefined) return null;
    try {
      return { value: parseJson(query.data) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }, [query.data]);
  if (query.isError) return <Failure what="The file could not be read." error={query.error} onRetry={() => void query.refetch()} />;
  if (parsed === null) return <SkeletonLines label="the file" lines={12} />;
  if ("error" in parsed) {
    return (
      <>
        <p className="text-muted">This is not JSON as the standard has it ({parsed.error}), so it is shown as text.</p>
        <TextView store={store} path={path} />
      </>
    );
  }
  return <JsonTree key={path} value={parsed.value} />;
}

export function JsonTree({ value }: { value: Json }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => firstOpen(value));
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map());
  const rows = useMemo(() => jsonRows(value, open, shown), [value, open, shown]);
  const toggle = (path: string) =>
    setOpen((all) => {
      const next = new Set(all);
      if (!next.delete(path)) next.add(path);
      return next;
    });
  const more = (path: string) => setShown((all) => new Map(all).set(path, (all.get(path) ?? STEP) + STEP * 5));
  return (
    <div tabIndex={0} role="region" aria-label="Content of the file" className="min-h-0 flex-1 overflow-auto rounded-md border border-line bg-sunken py-2 font-mono text-[0.93em] leading-5">
      <ul className="w-max min-w-full px-2">
        {rows.map((row) => (
          <li key={row.kind === "more" ? `${row.path} more` : row.path} style={{ paddingLeft: row.depth * 18 }} className="flex gap-1.5">
            <JsonLine row={row} onToggle={() => toggle(row.path)} onMore={() => more(row.path)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const COLORS: Record<string, string> = { string: "text-good", number: "text-accent", boolean: "text-warn", null: "text-muted" };

function JsonLine({ row, onToggle, onMore }: { row: JsonRow; onToggle: () => void; onMore: () => void }) {
  if (row.kind === "more") return <Button kind="quiet" className="h-5 text-accent" onClick={onMore}>{row.text}</Button>;
  const name = row.name === null ? null : <span>{visible(row.name)}:</span>;
  if (row.kind === "leaf") {
    return <><span aria-hidden className="w-3" />{name}<span className={`whitespace-pre ${COLORS[row.type] ?? ""}`}>{visible(row.text)}</span></>;
  }
  return (
    <button type="button" aria-expanded={row.open} onClick={onToggle} className="flex gap-1.5 rounded hover:bg-raised">
      <span aria-hidden className="w-3 text-[0.75em] text-muted">{row.open ? "▼" : "▶"}</span>
      {name}
      <span className="text-muted">{row.text}</span>
    </button>
  );
}
