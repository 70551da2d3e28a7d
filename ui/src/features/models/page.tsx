import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";

import { Button } from "../../components/Button";
import { Input } from "../../components/Field";
import { Page } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { useKeys } from "../../lib/keys";
import { text, useUrlState } from "../../lib/url-state";
import { paths } from "../../paths";
import { modelsQuery, type Order, ORDERS } from "./api/search-models";
import { CreateModel } from "./components/CreateModel";
import { ModelsTable } from "./components/ModelsTable";

const SNIPPET = `import modelyard as mlflow

mlflow.set_experiment("wine-quality-test")
with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model", registered_model_name="wine")`;

export default function ModelsPage() {
  const [search, setSearch] = useUrlState("q", "", text);
  const [sort, setSort] = useUrlState("sort", "name", text);
  const order: Order = sort in ORDERS ? (sort as Order) : "name";
  const query = useInfiniteQuery(modelsQuery(search, order));
  const [typed, setTyped] = useState(search);
  const [creating, setCreating] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const [, navigate] = useLocation();
  useEffect(() => {
    const wait = window.setTimeout(() => { if (typed.trim() !== search) setSearch(typed.trim()); }, 250);
    return () => window.clearTimeout(wait);
  }, [typed, search, setSearch]);
  const models = query.data?.pages.flatMap((page) => page.registered_models ?? []) ?? [];
  const move = (step: number) => setAt((now) => (models.length ? Math.min(models.length - 1, Math.max(0, (now ?? -1) + step)) : null));
  useKeys([
    { keys: "/", what: "search models", run: () => box.current?.focus() },
    { keys: "j", what: "next model", run: () => move(1) },
    { keys: "k", what: "model before", run: () => move(-1) },
    { keys: "Enter", what: "open the model", run: () => { const model = at === null ? undefined : models[at]; if (model) navigate(paths.model(model.name)); } },
  ]);
  const nothing = query.isSuccess && models.length === 0;
  return (
    <Page title="Models" actions={<Button kind="primary" onClick={() => setCreating(true)}>Create model</Button>}>
      <Input ref={box} type="search" aria-label="Search models" placeholder="Search names, or tags.team = 'cellar'" className="max-w-xl shrink-0" value={typed} onChange={(event) => setTyped(event.target.value)} />
      {query.isPending ? <SkeletonLines label="the models" lines={10} /> : null}
      {query.isError ? <Failure what="The models could not be listed." error={query.error} onRetry={() => void query.refetch()} /> : null}
      {nothing && search === "" ? <Empty snippet={SNIPPET}>No model is registered yet. Register one from the artifacts of a run, or when it is logged:</Empty> : null}
      {nothing && search !== "" ? <Empty>No model is called like that.</Empty> : null}
      {models.length ? <ModelsTable models={models} order={order} onOrder={setSort} current={at} /> : null}
      {query.hasNextPage ? <Button className="self-start" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{query.isFetchingNextPage ? "Loading…" : "More models"}</Button> : null}
      <CreateModel open={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
