import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { Badge } from "../../components/Badge";
import { Copy, Snippet } from "../../components/Copy";
import { Page, Section } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { useSegments } from "../../lib/segments";
import { paths } from "../../paths";
import { datasetQuery } from "./api/get-dataset";
import { experimentsQuery } from "./api/list-experiments";
import { readersQuery } from "./api/list-readers";
import { Facts } from "./components/Facts";
import { Readers } from "./components/Readers";
import { SchemaTable } from "./components/SchemaTable";
import { columnsOf, loadingSnippet, namedVersion, parsed, shownJson } from "./logic/described";

export default function DatasetPage() {
  const [, name = "", digest = ""] = useSegments();
  const experiments = useQuery(experimentsQuery);
  const ids = useMemo(() => (experiments.data ?? []).map(({ id }) => id), [experiments.data]);
  const names = useMemo(() => new Map((experiments.data ?? []).map((each) => [each.id, each.name])), [experiments.data]);
  const readers = useInfiniteQuery(readersQuery(name, digest, ids));
  const first = readers.data?.pages[0]?.run_ids[0] ?? "";
  const asked = useQuery(datasetQuery(first, name, digest));
  const dataset = asked.data;
  const source = parsed(dataset?.source);
  const schema = parsed(dataset?.schema);
  const columns = columnsOf(schema);
  const profile = parsed(dataset?.profile);
  const version = namedVersion(source)?.replace(/^.*:/, "");
  const failed = [experiments, readers, asked].find(({ error }) => error);
  const none = (experiments.data && ids.length === 0) || readers.data?.pages[0]?.total === 0 || dataset === null;
  const heading = <span className="flex flex-wrap items-center gap-2">{name}{version ? <Badge>{version}</Badge> : null}{dataset?.source_type ? <Badge>{dataset.source_type}</Badge> : null}</span>;
  return (
    <Page title={name} heading={heading} crumbs={[{ title: "Datasets", href: paths.datasets() }]}>
      <p className="flex items-center gap-1 text-muted">Digest <span className="font-mono break-all text-fg">{digest}</span><Copy text={digest} label="Copy the digest" /></p>
      {failed ? <Failure what="The dataset could not be read." error={failed.error} onRetry={() => void failed.refetch()} /> : none ? <Empty>No run that you may read has this dataset as its input.</Empty> : null}
      {failed || none ? null : !dataset ? <SkeletonLines label="the dataset" lines={14} /> : (
        <div className="grid grid-cols-[repeat(auto-fit,minmax(min(100%,28rem),1fr))] items-start gap-6">
          <div className="flex min-w-0 flex-col gap-6">
            <Section title="Source"><Facts value={source} text={dataset.source ?? ""} none="Where it came from was not written down." /></Section>
            <Section title="Load it"><Snippet code={loadingSnippet(first, digest, dataset.source_type ?? "", source)} /></Section>
            <Section title="Profile"><Facts value={profile} text={dataset.profile ?? ""} none="It has no profile." /></Section>
          </div>
          <Section title={columns ? `Schema: ${columns.length} ${columns.length === 1 ? "column" : "columns"}` : "Schema"}>
            {columns ? <SchemaTable columns={columns} /> : dataset.schema ? <Snippet code={schema === null ? dataset.schema : shownJson(schema)} label="Copy the schema" /> : <p className="text-muted">It has no schema.</p>}
          </Section>
        </div>
      )}
      {failed || none ? null : <div className="mt-3"><Readers readers={readers} names={names} /></div>}
    </Page>
  );
}
