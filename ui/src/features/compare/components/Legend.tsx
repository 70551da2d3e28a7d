import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { Link } from "wouter";

import { isChosen } from "../../../components/charts/brushing";
import { Status } from "../../../components/Badge";
import { Button, IconButton } from "../../../components/Button";
import { Input } from "../../../components/Field";
import { formatNumber } from "../../../lib/format";
import { paths } from "../../../paths";
import { useIsHovered, useTellHover } from "../hover";
import { type ComparedRun, titleOf } from "../logic/comparison";
import { type Shared, useBaseline, useBrushes, useRunIds } from "../view";
import { Swatch } from "./Swatch";

const ROW = 34;
const MANY = 20;

/** All compared runs with their colours. */
export function Legend({ shared }: { shared: Shared }) {
  const { runs: all } = shared.compared;
  const [wanted, setWanted] = useState("");
  const runs = useMemo(() => all.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase())), [all, wanted]);
  const box = useRef<HTMLDivElement>(null);
  const [, setBaseline] = useBaseline();
  const [runIds, setRunIds] = useRunIds();
  const virtual = useVirtualizer({ count: runs.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 6, initialRect: { width: 240, height: 800 } });
  const tell = useTellHover();
  return (
    <aside aria-label="Compared runs" className="flex w-56 min-w-0 shrink-0 flex-col gap-2 2xl:w-72">
      <header className="flex h-8 items-center justify-between">
        <h2 className="font-semibold">{all.length} {all.length === 1 ? "run" : "runs"}</h2>
        {shared.faded.size ? <span className="text-muted">{all.length - shared.faded.size} in the brush</span> : null}
      </header>
      <BrushChips />
      {all.length > MANY ? <Input type="search" aria-label="Find a run in the list" placeholder="Find a run" value={wanted} onChange={(event) => setWanted(event.target.value)} /> : null}
      <div ref={box} className="min-h-0 flex-1 overflow-auto" onMouseLeave={() => tell(null)}>
        <ul className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const run = runs[item.index];
            return run ? (
              <li key={run.id} className="absolute inset-x-0 top-0" style={{ height: ROW, transform: `translateY(${item.start}px)` }}>
                <Entry run={run} shared={shared} onBaseline={() => setBaseline(run.id)} onRemove={() => setRunIds((runIds.length ? runIds : all.map(({ id }) => id)).filter((id) => id !== run.id))} />
              </li>
            ) : null;
          })}
        </ul>
      </div>
    </aside>
  );
}

interface EntryProps {
  run: ComparedRun;
  shared: Shared;
  onBaseline: () => void;
  onRemove: () => void;
}

function Entry({ run, shared, onBaseline, onRemove }: EntryProps) {
  const hovered = useIsHovered(run.id);
  const tell = useTellHover();
  const base = run.id === shared.baseline;
  return (
    <div className={`flex h-full items-center gap-1.5 rounded px-1.5 ${hovered ? "bg-tint" : ""}`} onMouseEnter={() => tell(run.id)}>
      <Swatch stroke={shared.strokes.get(run.id)} className={shared.faded.has(run.id) ? "opacity-25" : ""} />
      <Link href={paths.run(run.id)} title={run.name} onFocus={() => tell(run.id)} onBlur={() => tell(null)} className={`min-w-0 flex-1 truncate ${shared.faded.has(run.id) ? "text-muted" : "text-fg"}`}>{run.name}</Link>
      {run.status === "FINISHED" ? null : <Status status={run.status} compact />}
      <IconButton label={base ? `${run.name} is the baseline` : `Make ${run.name} the baseline`} aria-pressed={base} onClick={onBaseline} className={`!size-6 ${base ? "!text-accent" : ""}`}>{base ? "◆" : "◇"}</IconButton>
      <IconButton label={`Remove ${run.name} from the comparison`} onClick={onRemove} className="!size-6">✕</IconButton>
    </div>
  );
}

/** What is brushed, in words, each to be given up. */
function BrushChips() {
  const { brushes, setBrush, clear } = useBrushes();
  const all = Object.entries(brushes);
  if (all.length === 0) return null;
  return (
    <ul aria-label="Brushes" className="flex flex-col gap-1">
      {all.map(([axis, brush]) => (
        <li key={axis} className="flex items-center gap-1 rounded border border-accent pl-2">
          <span className="min-w-0 flex-1 truncate" title={`${axis}: ${isChosen(brush) ? brush.join(", ") : `${brush.least} to ${brush.most}`}`}>
            {titleOf(axis)}: {isChosen(brush) ? brush.join(", ") : `${formatNumber(brush.least, 3)} to ${formatNumber(brush.most, 3)}`}
          </span>
          <IconButton label={`Give up the brush on ${titleOf(axis)}`} onClick={() => setBrush(axis, null)} className="!size-6">✕</IconButton>
        </li>
      ))}
      {all.length > 1 ? <li><Button kind="quiet" onClick={clear}>Give up all brushes</Button></li> : null}
    </ul>
  );
}
