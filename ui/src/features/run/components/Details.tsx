import type { ReactNode } from "react";
import { Link } from "wouter";

import { Copy } from "../../../components/Copy";
import { Section } from "../../../components/Page";
import { formatTime } from "../../../lib/format";
import { parentOf, tagOf } from "../../../lib/run";
import { paths } from "../../../paths";
import type { Run } from "../../../wire/types";

/** Who ran what, when, and where its files are. */
export function Details({ run }: { run: Run }) {
  const { info } = run;
  const parent = parentOf(run);
  const source = tagOf(run, "mlflow.source.name");
  const commit = tagOf(run, "mlflow.source.git.commit");
  const branch = tagOf(run, "mlflow.source.git.branch");
  return (
    <Section title="Details">
      <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-x-3 gap-y-1">
        <Fact name="Run id" copied={info.run_id}><code className="font-mono">{info.run_id}</code></Fact>
        <Fact name="Experiment id" copied={info.experiment_id}><code className="font-mono">{info.experiment_id}</code></Fact>
        {parent ? <Fact name="Parent"><Link href={paths.run(parent)} className="font-mono">{parent}</Link></Fact> : null}
        <Fact name="Started">{formatTime(info.start_time)}</Fact>
        <Fact name="Ended">{info.end_time ? formatTime(info.end_time) : "–"}</Fact>
        <Fact name="User">{info.user_id || tagOf(run, "mlflow.user") || "–"}</Fact>
        {source ? <Fact name="Source" copied={source}>{source}</Fact> : null}
        {commit ? <Fact name="Git commit" copied={commit}><code className="font-mono" title={commit}>{commit.slice(0, 12)}</code>{branch ? ` on ${branch}` : ""}</Fact> : null}
        {info.artifact_uri ? <Fact name="Artifacts" copied={info.artifact_uri}><code className="font-mono">{info.artifact_uri}</code></Fact> : null}
      </dl>
    </Section>
  );
}

function Fact({ name, copied, children }: { name: string; copied?: string; children: ReactNode }) {
  return (
    <>
      <dt className="py-0.5 text-muted">{name}</dt>
      <dd className="flex min-w-0 items-start gap-1">
        <span className="min-w-0 py-0.5 [overflow-wrap:anywhere]">{children}</span>
        {copied ? <Copy text={copied} label={`Copy: ${name}`} /> : null}
      </dd>
    </>
  );
}
