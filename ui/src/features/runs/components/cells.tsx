import type { ReactNode } from "react";
import { Link } from "wouter";

import { Status } from "../../../components/Badge";
import type { Text } from "../../../components/columns";
import { When } from "../../../components/When";
import { formatDuration, formatNumber, formatTime } from "../../../lib/format";
import { paths } from "../../../paths";
import { difference, formatDifference } from "../logic/baseline";
import { lowerIsBetter, partsOf } from "../logic/columns";
import { type Cell, cellOf, type RunLine } from "../logic/lines";

const LONGEST = 300;

/** A value of a run, as its column is read. */
export function valueCell(line: RunLine, name: string, baseline: RunLine | null): ReactNode {
  const { kind, key } = partsOf(name);
  const value = cellOf(line, name);
  if (kind === "attributes") return attributeCell(line, key, value);
  if (kind !== "metrics") return textCell(value);
  if (baseline === null || baseline.id === line.id) return numberCell(value);
  return <>{numberCell(value)}<Difference value={value} baseline={cellOf(baseline, name)} lower={lowerIsBetter(key)} /></>;
}

/** A param, a tag or a metric alone is words; null for what `valueCell` draws. */
export function valueText(line: RunLine, name: string, baseline: RunLine | null): Text | null {
  const { kind } = partsOf(name);
  if (kind === "attributes" || (kind === "metrics" && baseline !== null)) return null;
  const value = cellOf(line, name);
  if (value === null) return { text: "–", isMuted: true };
  const all = String(value);
  return { text: kind === "metrics" ? formatNumber(value) : all.slice(0, LONGEST), title: all };
}

export function numberCell(value: Cell): ReactNode {
  if (value === null) return <span className="text-muted">–</span>;
  return <span title={String(value)}>{formatNumber(value)}</span>;
}

export function textCell(value: Cell): ReactNode {
  if (value === null) return <span className="text-muted">–</span>;
  const text = String(value);
  return <span className="truncate" title={text}>{text.slice(0, LONGEST)}</span>;
}

function attributeCell(line: RunLine, key: string, value: Cell): ReactNode {
  if (key === "status") return <Status status={String(value)} compact />;
  if (key === "start_time" || key === "end_time") return <When time={typeof value === "number" ? value : null} />;
  if (key === "duration") return <Duration line={line} value={value} />;
  if (key === "experiment_id" && typeof value === "string") return <Link href={paths.runs(value)}>{value}</Link>;
  if (key === "run_id") return <span className="truncate font-mono" title={line.id}>{line.id}</span>;
  return textCell(value);
}

/** How long it took; of a run that is not over, how long it has been going on. */
function Duration({ line, value }: { line: RunLine; value: Cell }) {
  const start = cellOf(line, "attributes.start_time");
  if (typeof value === "number") return <span title={`${value} ms`}>{formatDuration(value)}</span>;
  if (cellOf(line, "attributes.status") !== "RUNNING" || typeof start !== "number") return <span className="text-muted">–</span>;
  return <span title={`since ${formatTime(start)}`}>{formatDuration(since(start))}…</span>;
}

const since = (start: number, now = Date.now()) => Math.max(0, now - start);

function Difference({ value, baseline, lower }: { value: Cell; baseline: Cell; lower: boolean }) {
  const found = difference(value, baseline);
  if (found === null) return null;
  const tone = found.delta === 0 ? "text-muted" : found.delta < 0 === lower ? "text-good" : "text-bad";
  return <span className={`ml-1.5 text-[0.86em] ${tone}`} title="difference to the baseline">{formatDifference(found)}</span>;
}

interface NameProps {
  line: RunLine;
  isOpen: boolean;
  isBaseline: boolean;
  onOpen: () => void;
  onBaseline: () => void;
}

/** What a run is called: by its id where it has no name. */
export function runName(line: RunLine): string {
  return String(cellOf(line, "attributes.run_name") ?? "") || line.id;
}

/** The run's name with what is below it, and a flag that makes it the baseline. */
export function nameCell({ line, isOpen, isBaseline, onOpen, onBaseline }: NameProps): ReactNode {
  const name = runName(line);
  return (
    <>
      {line.depth > 0 ? <span aria-hidden className="shrink-0" style={{ width: line.depth * 16 }} /> : null}
      {line.children > 0 ? <OpenButton isOpen={isOpen} count={line.children} what={`children of ${name}`} onOpen={onOpen} /> : null}
      <Link href={paths.run(line.id)} title={name} className="min-w-0 flex-1 truncate">{name}</Link>
      <button
        type="button"
        aria-label={isBaseline ? "Give up the baseline" : `Make ${name} the baseline`}
        title={isBaseline ? "Baseline: click to give it up" : "Make it the baseline (b)"}
        aria-pressed={isBaseline}
        onClick={onBaseline}
        className={isBaseline ? "text-accent" : "text-muted opacity-0 group-hover:opacity-100 focus:opacity-100"}
      >
        ⚑
      </button>
    </>
  );
}

export function OpenButton({ isOpen, count, what, onOpen }: { isOpen: boolean; count: number; what: string; onOpen: () => void }) {
  return (
    <button type="button" aria-expanded={isOpen} aria-label={`${isOpen ? "Close" : "Open"} ${count} ${what}`} onClick={onOpen} className="mr-1 shrink-0 rounded px-1 text-muted hover:bg-sunken hover:text-fg">
      {isOpen ? "▾" : "▸"} {count}
    </button>
  );
}
