import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { Status } from "../../../components/Badge";
import { visible } from "../../../components/files/text";
import { Section } from "../../../components/Page";
import { Failure, SkeletonLines } from "../../../components/States";
import { When } from "../../../components/When";
import { runQuery } from "../../../lib/run";
import { paths } from "../../../paths";
import type { DatasetInput, ModelVersion } from "../../../wire/types";

/** What a version came from: datasets, the run, the logged model. */
export function Lineage({ version }: { version: ModelVersion }) {
  const runId = version.run_id ?? "";
  const run = useQuery({ ...runQuery(runId), enabled: runId !== "" });
  if (!runId) return <Section title="Lineage"><p className="text-muted">This version names no run as its source.</p></Section>;
  if (run.isPending) return <Section title="Lineage"><SkeletonLines label="the source run" lines={3} /></Section>;
  if (!run.data) return <Section title="Lineage"><Failure what="The source run could not be read." error={run.error} onRetry={() => void run.refetch()} /></Section>;
  const { info, inputs } = run.data;
  const datasets = inputs?.dataset_inputs ?? [];
  const step = "rounded-md border border-line px-3 py-2";
  return (
    <Section title="Lineage">
      <ol className="flex flex-col gap-1">
        {datasets.map((each) => (
          <li key={`${each.dataset.name} ${each.dataset.digest}`} className={step}>
            <span className="text-muted">Dataset{contextOf(each)}</span>{" "}
            <Link href={paths.dataset(each.dataset.name, each.dataset.digest)} className="underline">{visible(each.dataset.name)}</Link>{" "}
            <code className="font-mono text-muted">{each.dataset.digest}</code>
          </li>
        ))}
        {datasets.length ? <Down /> : null}
        <li className={step}>
          <span className="text-muted">Source run</span> <Link href={paths.run(runId)} className="break-words underline">{visible(info.run_name || runId)}</Link> <Status status={info.status ?? ""} />{" "}
          <span className="text-muted"><When time={info.start_time} /></span>
        </li>
        {version.model_id ? (
          <>
            <Down />
            <li className={step}><span className="text-muted">Logged model</span> <Link href={paths.run(runId, "artifacts")} className="font-mono break-all underline">{version.model_id}</Link></li>
          </>
        ) : null}
        <Down />
        <li className={`${step} bg-tint`}><span className="break-words">{visible(version.name)}</span> version {version.version}</li>
      </ol>
    </Section>
  );
}

function Down() {
  return <li aria-hidden className="pl-4 text-muted">↓</li>;
}

function contextOf(input: DatasetInput): string {
  const context = input.tags?.find((tag) => tag.key === "mlflow.data.context")?.value;
  return context ? ` (${visible(context)})` : "";
}
