import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";

import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Input } from "../../components/Field";
import { Page } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { type Column, VirtualTable } from "../../components/VirtualTable";
import { formatCount } from "../../lib/format";
import { useKeys } from "../../lib/keys";
import { text, useUrlState } from "../../lib/url-state";
import { paths } from "../../paths";
import { experimentsQuery } from "./api/list-experiments";
import { AT_ONCE, datasetsQuery } from "./api/search-datasets";
import { chunked, type DatasetRow, found, rowsOf } from "./logic/rows";

const CHUNKS = 10;
const SNIPPET = 'import modelyard as mlflow\n\ntrain = mlflow.data.from_pandas(frame, source="train.csv", name="wine")\nwith mlflow.start_run():\n    mlflow.log_input(train, context="training")';

export default function DatasetsPage() {
  const [wanted, setWanted] = useUrlState("q", "", text);
  const [pages, setPages] = useState(1);
  const [current, setCurrent] = useState<number | null>(null);
  const [, navigate] = useLocation();
  const field = useRef<HTMLInputElement>(null);
  const experiments = useQuery(experimentsQuery);
  const chunks = useMemo(() => chunked(experiments.data ?? [], AT_ONCE), [experiments.data]);
  const asked = useQueries({ queries: chunks.slice(0, pages * CHUNKS).map((chunk) => datasetsQuery(chunk.map(({ id }) => id))) });
  const names = useMemo(() => new Map((experiments.data ?? []).map(({ id, name }) => [id, name])), [experiments.data]);
  const all = rowsOf(asked.flatMap(({ data }) => data ?? []));
  const rows = found(all, wanted);
  const waiting = experiments.isPending || asked.some(({ isPending }) => isPending);
  const failed = experiments.error ? experiments : asked.find(({ error }) => error);
  const beyond = chunks.slice(pages * CHUNKS).flat().length;
  const open = (place: number) => rows[place] && navigate(paths.dataset(rows[place].name, rows[place].digest));
  useKeys([
    { keys: "/", what: "search the datasets", run: () => field.current?.focus() },
    { keys: "j", what: "next dataset", run: () => setCurrent((at) => Math.min(rows.length - 1, (at ?? -1) + 1)) },
    { keys: "k", what: "previous dataset", run: () => setCurrent((at) => Math.max(0, (at ?? 1) - 1)) },
    { keys: "Enter", what: "open the dataset", run: () => current !== null && open(current) },
  ]);
  return (
    <Page title="Datasets" fill>
      <div className="flex flex-wrap items-center gap-3">
        <Input ref={field} type="search" aria-label="Search datasets" placeholder="Search by name, digest or context" value={wanted} onChange={(event) => setWanted(event.target.value)} className="w-96 max-w-full" />
        {waiting ? null : <span className="text-muted">{formatCount(rows.length)} of {formatCount(all.length)}</span>}
        {beyond > 0 ? <Button kind="quiet" onClick={() => setPages(pages + 1)}>Look in {formatCount(beyond)} more experiments</Button> : null}
      </div>
      {failed?.error ? <Failure what="Some datasets could not be listed." error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {all.length === 0 ? (
        waiting ? <SkeletonLines label="datasets" lines={12} /> : failed ? null : <Empty snippet={SNIPPET}>No run has recorded a dataset as its input yet.</Empty>
      ) : rows.length === 0 ? <Empty>No dataset holds “{wanted}”.</Empty> : (
        <VirtualTable label="Datasets" columns={columnsOf(names)} total={rows.length} rowAt={(place) => rows[place]} current={current} onOpen={open} />
      )}
    </Page>
  );
}

function columnsOf(names: ReadonlyMap<string, string>): Column<DatasetRow>[] {
  return [
    { key: "name", title: "Name", width: 340, pinned: true, cell: ({ name, digest }) => <Link href={paths.dataset(name, digest)} title={name} className="truncate">{name}</Link> },
    { key: "digest", title: "Digest", width: 160, cell: ({ digest }) => <span className="truncate font-mono" title={digest}>{digest}</span> },
    { key: "contexts", title: "Used for", width: 260, cell: ({ contexts }) => <span className="flex gap-1">{contexts.map((context) => <Badge key={context}>{context}</Badge>)}</span> },
    {
      key: "experiments",
      title: "Experiments",
      width: 480,
      cell: ({ experiments }) => (
        <span className="flex min-w-0 gap-2 truncate" title={experiments.map((id) => names.get(id) ?? id).join(", ")}>
          {experiments.slice(0, 4).map((id) => <Link key={id} href={paths.runs(id)} className="truncate">{names.get(id) ?? id}</Link>)}
          {experiments.length > 4 ? <span className="text-muted">and {experiments.length - 4} more</span> : null}
        </span>
      ),
    },
  ];
}
