import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { Link } from "wouter";

import { Status } from "../../../components/Badge";
import { Section } from "../../../components/Page";
import { SkeletonLines } from "../../../components/States";
import { type Column, VirtualTable } from "../../../components/VirtualTable";
import { When } from "../../../components/When";
import { formatCount } from "../../../lib/format";
import { paths } from "../../../paths";
import type { RunRows } from "../../../wire/types";

interface Reader {
  id: string;
  name: string;
  status: string;
  start: number | null;
  experiment: string;
  user: string;
}

interface Props {
  readers: UseInfiniteQueryResult<InfiniteData<RunRows>>;
  names: ReadonlyMap<string, string>;
}

const ROW = 30;
const MOST_ROWS = 14;

/** The runs that read a dataset; more of them are fetched as they are scrolled to. */
export function Readers({ readers, names }: Props) {
  const total = readers.data?.pages[0]?.total ?? 0;
  const rows = (readers.data?.pages ?? []).flatMap(readersOf);
  const columns: Column<Reader>[] = [
    { key: "name", title: "Run", width: 300, pinned: true, cell: ({ id, name }) => <Link href={paths.run(id)} title={name} className="truncate">{name}</Link> },
    { key: "status", title: "Status", width: 120, cell: ({ status }) => <Status status={status} /> },
    { key: "start", title: "Started", width: 150, cell: ({ start }) => <When time={start} /> },
    { key: "experiment", title: "Experiment", width: 280, cell: ({ experiment }) => <Link href={paths.runs(experiment)} className="truncate">{names.get(experiment) ?? experiment}</Link> },
    { key: "user", title: "User", width: 140, cell: ({ user }) => <span className="truncate">{user}</span> },
  ];
  const seen = (_: number, last: number) => {
    if (last >= rows.length - 1 && readers.hasNextPage && !readers.isFetchingNextPage) void readers.fetchNextPage();
  };
  return (
    <Section title={readers.data ? `Runs that used it: ${formatCount(total)}` : "Runs that used it"}>
      {readers.data ? <div className="flex flex-col" style={{ height: Math.min(MOST_ROWS, total) * ROW + 52 }}><VirtualTable label="Runs that used it" columns={columns} total={total} rowAt={(place) => rows[place]} rowHeight={ROW} onRange={seen} /></div> : <SkeletonLines label="the runs" lines={4} />}
    </Section>
  );
}

function readersOf({ run_ids, columns }: RunRows): Reader[] {
  const at = (name: string, place: number) => columns[`attributes.${name}`]?.[place];
  return run_ids.map((id, place) => {
    const start = at("start_time", place);
    return { id, name: String(at("run_name", place) || id), status: String(at("status", place) ?? ""), start: typeof start === "number" ? start : null, experiment: String(at("experiment_id", place) ?? ""), user: String(at("user_id", place) ?? "") };
  });
}
