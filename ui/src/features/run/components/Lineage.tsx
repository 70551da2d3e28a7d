import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { Badge } from "../../../components/Badge";
import { Section } from "../../../components/Page";
import { Failure, SkeletonLines } from "../../../components/States";
import { paths } from "../../../paths";
import type { DatasetInput, LoggedModel, ModelVersion, Run } from "../../../wire/types";
import { modelsQuery } from "../api/get-models";

/** What the run was made from, and what was made from it. */
export function Lineage({ run }: { run: Run }) {
  const { data, error, refetch } = useQuery(modelsQuery(run));
  const datasets = run.inputs?.dataset_inputs ?? [];
  return (
    <>
      <Section title="Datasets read">
        {datasets.length === 0 ? <p className="text-muted">No dataset was logged as an input.</p> : (
          <ul className="flex flex-col gap-1">{datasets.map((input) => <Read key={`${input.dataset.name} ${input.dataset.digest}`} input={input} />)}</ul>
        )}
      </Section>
      <Section title="Models">
        {error ? <Failure what="The models could not be read." error={error} onRetry={() => void refetch()} /> : null}
        {!data && !error ? <SkeletonLines lines={2} label="models" /> : null}
        {data && data.made.length + data.read.length + data.versions.length === 0 ? <p className="text-muted">No model was logged.</p> : null}
        {data ? (
          <ul className="flex flex-col gap-1.5">
            {data.made.map((model) => <Model key={model.info.model_id} model={model} versions={data.versions} word="logged" />)}
            {data.versions.filter((version) => !data.made.some((model) => model.info.model_id === version.model_id)).map((version) => (
              <li key={`${version.name} ${version.version}`}><Version version={version} /> <span className="text-muted">registered from {version.source}</span></li>
            ))}
            {data.read.map((model) => <Model key={`read ${model.info.model_id}`} model={model} versions={[]} word="read" />)}
          </ul>
        ) : null}
      </Section>
    </>
  );
}

function Read({ input: { dataset, tags } }: { input: DatasetInput }) {
  const context = tags?.find((tag) => tag.key === "mlflow.data.context")?.value;
  return (
    <li className="flex flex-wrap items-center gap-2">
      <Link href={paths.dataset(dataset.name, dataset.digest)} className="[overflow-wrap:anywhere]">{dataset.name}</Link>
      <code className="font-mono text-muted" title="Digest">{dataset.digest}</code>
      {context ? <Badge>{context}</Badge> : null}
    </li>
  );
}

function Model({ model, versions, word }: { model: LoggedModel; versions: readonly ModelVersion[]; word: "logged" | "read" }) {
  const { model_id: id, name, source_run_id: from } = model.info;
  const own = versions.filter((version) => version.model_id === id);
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Badge tone={word === "logged" ? "accent" : "neutral"}>{word}</Badge>
      {from ? <Link href={paths.artifact(from, name)} className="[overflow-wrap:anywhere]">{name}</Link> : name}
      <code className="font-mono text-muted">{id}</code>
      {own.map((version) => <Version key={`${version.name} ${version.version}`} version={version} />)}
    </li>
  );
}

function Version({ version: { name, version } }: { version: ModelVersion }) {
  return <Link href={paths.version(name, version)}>{name} version {version}</Link>;
}
