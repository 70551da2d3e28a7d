import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";

import { folderUrl, versionStore } from "../../components/files/store";
import { short, visible } from "../../components/files/text";
import { Page } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { Tabs } from "../../components/Tabs";
import { When } from "../../components/When";
import { paths } from "../../paths";
import type { ModelVersion } from "../../wire/types";
import { cardQuery } from "../../lib/model";
import { useSegments } from "../../lib/segments";
import { modelQuery } from "./api/get-model";
import { versionQuery } from "./api/get-version";
import { Aliases } from "./components/Aliases";
import { change, useChange } from "./api/change";
import { Overview } from "./components/Overview";
import { Signature } from "./components/Signature";
import { Use } from "./components/Use";
import { VersionActions } from "./components/VersionActions";
import { VersionFiles } from "./components/VersionFiles";
import { VersionStatus } from "./components/Verdict";

const TABS = ["overview", "signature", "use", "files"] as const;
const TITLES = { overview: "Overview", signature: "Signature", use: "Use it", files: "Files" };

export default function VersionPage() {
  const [, name = "", version = ""] = useSegments();
  const query = useQuery(versionQuery(name, version));
  const crumbs = [{ title: "Models", href: paths.models() }, { title: short(name), href: paths.model(name) }];
  if (!query.data) {
    return (
      <Page title={`Version ${version} of ${visible(name)}`} crumbs={crumbs}>
        {query.isError ? <Failure what="The version could not be read." error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonLines label="the version" lines={12} />}
      </Page>
    );
  }
  return <Version key={`${name} ${version}`} version={query.data} crumbs={crumbs} />;
}

function Version({ version, crumbs }: { version: ModelVersion; crumbs: readonly { title: string; href: string }[] }) {
  const { name, version: number } = version;
  const model = useQuery(modelQuery(name));
  const card = useQuery(cardQuery(name, number));
  const save = useChange();
  const asked = new URLSearchParams(useSearch()).get("tab");
  const tab = TABS.find((each) => each === asked) ?? "overview";
  const elsewhere = new Map((model.data?.aliases ?? []).filter((each) => each.version !== number).map((each) => [each.alias, each.version]));
  const here = paths.version(name, number);
  const columns = (card.data?.inputs?.length ?? 0) + (card.data?.params?.length ?? 0);
  const place = { modelId: version.model_id || card.data?.model_id || "", runId: version.run_id ?? "", path: runPath(version) };
  return (
    <Page
      title={`Version ${number} of ${visible(name)}`}
      heading={<span className="line-clamp-2">{visible(name)} <span className="whitespace-nowrap">version {number}</span></span>}
      crumbs={crumbs}
      fill={tab === "files" || tab === "signature"}
      actions={<VersionActions version={version} download={folderUrl(versionStore(name, number, place), "")} />}
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
        <VersionStatus version={version} />
        <Aliases
          aliases={version.aliases ?? []}
          elsewhere={elsewhere}
          busy={save.isPending}
          onSet={(alias) => save.mutate([change("registry.set_registered_model_alias", { name, alias, version: number })])}
          onDelete={(alias) => save.mutate([change("registry.delete_registered_model_alias", { name, alias })])}
        />
        <span>Registered <When time={version.creation_timestamp} /></span>
      </div>
      <Tabs label="Parts of the version" current={tab} tabs={TABS.map((key) => ({ key, title: TITLES[key], href: key === "overview" ? here : `${here}?tab=${key}`, count: key === "signature" && columns ? columns : undefined }))} />
      {tab === "overview" ? <Overview version={version} card={card} /> : null}
      {tab === "files" ? <VersionFiles name={name} version={number} place={place} /> : null}
      {tab === "use" ? <Use name={name} version={version} card={card.data} /> : null}
      {tab === "signature" ? (
        card.isPending ? <SkeletonLines label="the signature" lines={10} />
        : card.isError ? <Failure what="The files of this version could not be looked into." error={card.error} onRetry={() => void card.refetch()} />
        : columns || card.data.outputs?.length ? <Signature card={card.data} />
        : <Empty snippet={`mlflow.sklearn.log_model(model, name="model", input_example=table.head(3))`}>This model has no signature. It gets one where it is logged with an example:</Empty>
      ) : null}
    </Page>
  );
}

/** Where the files of a version are in its run, read from its source. */
function runPath(version: ModelVersion): string {
  const source = version.source ?? "";
  const runs = /^runs:\/+[^/]+\/(.*)$/.exec(source);
  const inside = runs?.[1] ?? source.split(`/${version.run_id ?? ""}/artifacts/`)[1] ?? "";
  return inside === "." ? "" : inside.replace(/\/+$/, "");
}
