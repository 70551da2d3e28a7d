import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { Copy } from "../../../components/Copy";
import { visible } from "../../../components/files/text";
import { Section } from "../../../components/Page";
import { Failure, SkeletonLines } from "../../../components/States";
import { formatBytes, formatCount, formatNumber } from "../../../lib/format";
import { paths } from "../../../paths";
import type { ModelCard, ModelVersion, OnnxTwin } from "../../../wire/types";
import { change, useChange } from "../api/change";
import { Description } from "./Description";
import { Lineage } from "./Lineage";
import { Tags } from "./Tags";
import { Trust, Verdict, verdictOf } from "./Verdict";

interface Props {
  version: ModelVersion;
  card: UseQueryResult<ModelCard>;
}

/** What is known of a version. */
export function Overview({ version, card }: Props) {
  const { name, version: number } = version;
  const save = useChange();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-6">
        <Description text={version.description ?? ""} busy={save.isPending} onSave={(text, done) => save.mutate([change("registry.update_model_version", { name, version: number, description: text })], { onSuccess: done })} />
        <Section title="The model">
          {card.isPending ? <SkeletonLines label="the model" lines={8} /> : null}
          {card.isError ? <Failure what="The files of this version could not be looked into." error={card.error} onRetry={() => void card.refetch()} /> : null}
          {card.data ? <Facts version={version} card={card.data} /> : null}
        </Section>
      </div>
      <div className="flex min-w-0 flex-col gap-6">
        <Lineage version={version} />
        <Section title="Tags">
          <Tags
            tags={version.tags ?? []}
            busy={save.isPending}
            onSet={(key, value) => save.mutate([change("registry.set_model_version_tag", { name, version: number, key, value })])}
            onDelete={(key) => save.mutate([change("registry.delete_model_version_tag", { name, version: number, key })])}
          />
        </Section>
      </div>
    </div>
  );
}

function Facts({ version, card }: { version: ModelVersion; card: ModelCard }) {
  if (!card.is_model) return <p className="text-muted">There is no MLmodel file at {visible(version.source ?? "")}: these files are no model.</p>;
  return (
    <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      <Fact title="Flavors">{card.flavors?.join(", ") || "–"}</Fact>
      <Fact title="Size">{formatBytes(card.bytes ?? 0)} in {formatCount(card.files ?? 0)} files</Fact>
      <Fact title="Verification"><Verdict verdict={card.verdict || verdictOf(version)} /> <span className="text-muted">{visible(card.verdict_detail ?? "")}</span></Fact>
      <Fact title="Trust"><Trust trust={card.trust ?? "unknown"} /> <span className="text-muted">{visible(card.reason ?? "")}</span></Fact>
      <Fact title="Signed by">{card.signed_by ? visible(card.signed_by) : <span className="text-muted">nobody this machine knows</span>}</Fact>
      <Fact title="Digest">{card.digest ? <span className="flex items-center gap-1"><code className="truncate font-mono" title={card.digest}>{card.digest}</code><Copy text={card.digest} label="Copy the digest" /></span> : "–"}</Fact>
      <Fact title="ONNX twin">{card.onnx ? <Twin twin={card.onnx} name={version.name} version={version.version} /> : <span className="text-muted">none; log the model with onnx=True to predict in browsers</span>}</Fact>
      <Fact title="Python">{card.python_version || "–"}</Fact>
      <Fact title="Requirements">{card.requirements?.length ? <ul className="font-mono text-[0.93em]">{card.requirements.map((line) => <li key={line} className="break-all">{visible(line)}</li>)}</ul> : "–"}</Fact>
      <Fact title="Source"><span className="flex items-center gap-1"><code className="truncate font-mono" title={version.source}>{visible(version.source ?? "")}</code><Copy text={version.source ?? ""} label="Copy the source" /></span></Fact>
    </dl>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return <><dt className="text-muted">{title}</dt><dd className="min-w-0">{children}</dd></>;
}

function Twin({ twin, name, version }: { twin: OnnxTwin; name: string; version: string }) {
  const compared = twin.rows_compared ? `, ${formatCount(twin.rows_compared)} rows compared${twin.largest_difference === null || twin.largest_difference === undefined ? "" : `, the largest difference is ${formatNumber(twin.largest_difference, 3)}`}` : "";
  return (
    <span>
      {formatBytes(twin.bytes)}{compared}{twin.certified ? ". " : ": it is not certified. "}
      {twin.certified ? <Link href={paths.predict(name, version)} className="underline">Predict in the browser</Link> : null}
    </span>
  );
}
