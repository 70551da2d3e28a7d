import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { visible } from "../../components/files/text";
import { Page, Section } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { When } from "../../components/When";
import { useSegments } from "../../lib/segments";
import { list, useUrlState } from "../../lib/url-state";
import { paths } from "../../paths";
import type { RegisteredModel } from "../../wire/types";
import { change, useChange } from "./api/change";
import { modelQuery } from "./api/get-model";
import { versionsQuery } from "./api/search-versions";
import { Compare } from "./components/Compare";
import { Description } from "./components/Description";
import { ModelActions } from "./components/ModelActions";
import { Tags } from "./components/Tags";
import { VersionsTable } from "./components/VersionsTable";

const NONE: readonly string[] = [];
const CRUMBS = [{ title: "Models", href: paths.models() }];

export default function ModelPage() {
  const [, name = ""] = useSegments();
  const model = useQuery(modelQuery(name));
  if (!model.data) {
    return (
      <Page title={visible(name)} crumbs={CRUMBS}>
        {model.isError ? <Failure what="The model could not be read." error={model.error} onRetry={() => void model.refetch()} /> : <SkeletonLines label="the model" lines={10} />}
      </Page>
    );
  }
  return <Model key={name} model={model.data} />;
}

function Model({ model }: { model: RegisteredModel }) {
  const { name } = model;
  const versions = useInfiniteQuery(versionsQuery(name));
  const [chosen, setChosen] = useUrlState("compare", NONE, list);
  const save = useChange();
  const found = versions.data?.pages.flatMap((page) => page.model_versions ?? []) ?? [];
  const newest = Math.max(0, ...found.map((each) => Number(each.version)));
  const [first, second] = chosen.map(Number).sort((a, b) => a - b);
  return (
    <Page title={visible(name)} crumbs={CRUMBS} actions={<ModelActions model={model} versions={found.length} />}>
      <p className="flex flex-wrap items-center gap-2 text-muted">
        <span>Created <When time={model.creation_timestamp} />, changed <When time={model.last_updated_timestamp ?? model.creation_timestamp} /></span>
        {model.aliases?.map(({ alias, version }) => <Badge key={alias} tone="accent">@{alias} → {version}</Badge>)}
      </p>
      <Description text={model.description ?? ""} busy={save.isPending} onSave={(text, done) => save.mutate([change("registry.update_registered_model", { name, description: text })], { onSuccess: done })} />
      <Section title="Versions" aside={<span className="text-muted">{chosen.length === 1 ? "Choose a second version to compare it with." : ""}</span>}>
        {versions.isPending ? <SkeletonLines label="the versions" lines={4} /> : null}
        {versions.isError ? <Failure what="The versions could not be listed." error={versions.error} onRetry={() => void versions.refetch()} /> : null}
        {versions.isSuccess && newest === 0 ? <Empty snippet={`import modelyard as mlflow\n\nmlflow.sklearn.log_model(model, name="model", registered_model_name=${JSON.stringify(name)})`}>This model has no versions yet. Register one from the artifacts of a run, or when it is logged:</Empty> : null}
        {found.length ? <VersionsTable versions={found} chosen={chosen} onChoose={(version, on) => setChosen(on ? [...chosen, version].slice(-2) : chosen.filter((each) => each !== version))} /> : null}
        {versions.hasNextPage ? <Button className="self-start" disabled={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>More versions</Button> : null}
      </Section>
      {first && second ? <Compare name={name} versions={[String(first), String(second)]} onClose={() => setChosen(NONE)} /> : null}
      <Section title="Tags">
        <Tags
          tags={model.tags ?? []}
          busy={save.isPending}
          onSet={(key, value) => save.mutate([change("registry.set_registered_model_tag", { name, key, value })])}
          onDelete={(key) => save.mutate([change("registry.delete_registered_model_tag", { name, key })])}
        />
      </Section>
    </Page>
  );
}
