import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { Status } from "../../../components/Badge";
import { IconButton } from "../../../components/Button";
import { Section } from "../../../components/Page";
import { Failure, SkeletonLines } from "../../../components/States";
import { When } from "../../../components/When";
import { formatCount, formatDuration } from "../../../lib/format";
import { paths } from "../../../paths";
import type { Run, RunRows } from "../../../wire/types";
import { childrenQuery, SHOWN } from "../api/get-children";

/** The runs that are nested in this one; nothing where there are none. */
export function Children({ run }: { run: Run }) {
  const { run_id: runId, experiment_id: experimentId } = run.info;
  const { data } = useQuery(childrenQuery(runId, experimentId));
  if (data && data.total === 0) return null;
  return (
    <Section title={`Child runs ${data ? `(${formatCount(data.total)})` : ""}`}>
      <Nested runId={runId} experimentId={experimentId} />
    </Section>
  );
}

function Nested({ runId, experimentId }: { runId: string; experimentId: string }) {
  const { data, error, refetch } = useQuery(childrenQuery(runId, experimentId));
  if (error) return <Failure what="The child runs could not be read." error={error} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonLines lines={2} label="child runs" />;
  return (
    <ul className="flex flex-col">
      {data.run_ids.map((id, place) => <Child key={id} id={id} rows={data} place={place} experimentId={experimentId} />)}
      {data.total > SHOWN ? <li className="py-1 text-muted">The first {SHOWN} of {formatCount(data.total)}. <Link href={paths.runs(experimentId)}>All runs of the experiment</Link></li> : null}
    </ul>
  );
}

interface ChildProps {
  id: string;
  rows: RunRows;
  place: number;
  experimentId: string;
}

function Child({ id, rows, place, experimentId }: ChildProps) {
  const [open, setOpen] = useState(false);
  const cell = (column: string) => rows.columns[`attributes.${column}`]?.[place];
  const [start, end] = [Number(cell("start_time") ?? 0), Number(cell("end_time") ?? 0)];
  const name = String(cell("run_name") || id);
  const count = rows.children[place] ?? 0;
  return (
    <li className="border-t border-line/60 first:border-t-0">
      <div className="flex items-center gap-2 py-0.5">
        {count > 0 ? (
          <IconButton label={`${open ? "Close" : "Open"} the ${count} child runs of ${name}`} aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"}</IconButton>
        ) : <span className="w-7" />}
        <Status compact status={String(cell("status") ?? "")} />
        <Link href={paths.run(id)} className="min-w-0 flex-1 truncate" title={name}>{name}</Link>
        {count > 0 ? <span className="text-muted">{formatCount(count)} inside</span> : null}
        <span className="w-20 text-right text-muted tabular-nums">{start && end ? formatDuration(end - start) : ""}</span>
        <span className="w-32 text-right whitespace-nowrap text-muted"><When time={start} /></span>
      </div>
      {open ? <div className="ml-3 border-l border-line pl-3"><Nested runId={id} experimentId={experimentId} /></div> : null}
    </li>
  );
}
