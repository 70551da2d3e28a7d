import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { type Column, VirtualTable } from "../../../components/VirtualTable";
import { paths } from "../../../paths";
import { useTellHover } from "../hover";
import type { ComparedRun } from "../logic/comparison";
import type { Shared } from "../view";
import { Swatch } from "./Swatch";

interface Props {
  label: string;
  shared: Shared;
  keys: readonly string[];
  /** Runs as rows, and keys as columns. */
  turned: boolean;
  cell: (key: string, run: ComparedRun) => ReactNode;
  /** What stands beside a key. */
  aside?: (key: string) => ReactNode;
  width?: number;
  align?: "left" | "right";
}

const KEY = 250;
const WIDEST = 400;
const ROW = 30;
const MOST_ROWS = 16;

/** A value for each key of each run, one of them downwards and the other across. */
export function MatrixTable({ label, shared, keys, turned, cell, aside, width = 150, align = "left" }: Props) {
  const { compared: { runs } } = shared;
  const tell = useTellHover();
  const [box, room] = useRoom();
  const across = Math.max(width, Math.min(WIDEST, Math.floor((room - KEY) / Math.max(1, runs.length))));
  const total = turned ? runs.length : keys.length;
  const named = (run: ComparedRun) => <RunName run={run} shared={shared} />;
  return (
    <div ref={box} className="flex flex-col" style={{ height: Math.min(MOST_ROWS, total) * ROW + 52 }}>
      {turned ? (
        <VirtualTable
          label={label}
          total={runs.length}
          rowAt={(place) => runs[place]}
          rowHeight={ROW}
          onHover={(place) => tell(place === null ? null : (runs[place]?.id ?? null))}
          rowLook={({ id }) => (shared.faded.has(id) ? "text-muted" : "")}
          columns={[
            { key: " run", title: "Run", width: 230, pinned: true, brief: ({ name }) => name, cell: named },
            ...keys.map((key): Column<ComparedRun> => ({ key, title: key, width: Math.max(width, Math.min(220, key.length * 8 + 44)), align, header: <KeyName name={key} aside={aside} />, cell: (run) => cell(key, run) })),
          ]}
        />
      ) : (
        <VirtualTable
          label={label}
          total={keys.length}
          rowAt={(place) => keys[place]}
          rowHeight={ROW}
          columns={[
            { key: " key", title: "Name", width: KEY, pinned: true, brief: (key) => key, cell: (key) => <KeyName name={key} aside={aside} /> },
            ...runs.map((run): Column<string> => ({ key: run.id, title: run.name, width: across, align, header: named(run), cell: (key) => cell(key, run) })),
          ]}
        />
      )}
    </div>
  );
}

/** How wide the place of a table is. */
function useRoom() {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  useEffect(() => {
    if (!box.current) return undefined;
    const sizes = new ResizeObserver(([entry]) => setRoom(Math.floor(entry?.contentRect.width ?? 0) - 2));
    sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);
  return [box, room] as const;
}

function KeyName({ name, aside }: { name: string; aside: Props["aside"] }) {
  return <span className="flex w-full min-w-0 items-center justify-between gap-1 font-medium"><span className="truncate" title={name}>{name}</span>{aside?.(name)}</span>;
}

function RunName({ run, shared }: { run: ComparedRun; shared: Shared }) {
  const faded = shared.faded.has(run.id);
  const tell = useTellHover();
  return (
    <span className={`flex w-full min-w-0 items-center gap-2 ${faded ? "text-muted" : ""}`} onMouseEnter={() => tell(run.id)} onMouseLeave={() => tell(null)}>
      <Swatch stroke={shared.strokes.get(run.id)} className={faded ? "opacity-25" : ""} />
      <Link href={paths.run(run.id)} title={run.name} className={`min-w-0 truncate ${faded ? "text-muted" : "text-fg"}`}>{run.name}</Link>
      {run.id === shared.baseline ? <span role="img" aria-label="baseline" title="baseline" className="text-accent">◆</span> : null}
    </span>
  );
}
