import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useParams } from "wouter";

import { FileBrowser } from "../../components/files/FileBrowser";
import { folderQuery, locate } from "../../components/files/store";
import { RunPage } from "../../components/RunHeader";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { text, useUrlState } from "../../lib/url-state";
import { paths } from "../../paths";
import type { FileInfo, LoggedModel } from "../../wire/types";
import { runModelsQuery } from "./api/get-run-models";
import { RegisterModel } from "./components/RegisterModel";
import { isModel, originOf, runSpace } from "./space";

const NONE: readonly never[] = [];

export default function ArtifactsPage() {
  const { run = "" } = useParams<{ run: string }>();
  return <RunPage runId={run} tab="artifacts" fill>{({ info }) => <Files key={run} run={run} experiment={info.experiment_id} root={info.artifact_uri ?? ""} />}</RunPage>;
}

function Files({ run, experiment, root }: { run: string; experiment: string; root: string }) {
  const models = useQuery(runModelsQuery(run, experiment));
  const files = useQuery(folderQuery(runSpace(run, NONE, NONE), ""));
  const [path, setPath] = useUrlState("path", "", text);
  const space = useMemo(() => runSpace(run, models.data ?? NONE, files.data ?? NONE), [run, models.data, files.data]);
  const failed = models.isError ? models : files.isError ? files : null;
  if (failed) return <Failure what="The artifacts could not be listed." error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!models.data || !files.data) return <SkeletonLines label="the artifacts" lines={8} />;
  if (models.data.length === 0 && files.data.length === 0) return <None run={run} />;
  const actions = (folder: string, inside: readonly FileInfo[]) => {
    const found = locate(space, folder);
    const origin = isModel(inside) ? originOf(run, root, found.store, found.path) : null;
    const model = models.data.find((each) => found.path === "" && each.info.model_id === found.mount?.modelId);
    return (
      <>
        {model ? <Registered model={model} /> : null}
        {origin ? <RegisterModel key={folder} origin={origin} /> : null}
      </>
    );
  };
  return <FileBrowser label="Artifacts" space={space} path={path} onPath={(next) => setPath(next, { replace: false })} actions={actions} />;
}

/** The versions that a model is registered as already. */
function Registered({ model }: { model: LoggedModel }) {
  const found = model.info.registrations ?? [];
  if (found.length === 0) return null;
  return (
    <span className="text-muted">
      Registered as {found.map(({ name, version }, place) => <span key={`${name} ${version}`}>{place ? ", " : ""}<Link href={paths.version(name, version)} className="underline">{name} {version}</Link></span>)}
    </span>
  );
}

function None({ run }: { run: string }) {
  const code = `import modelyard as mlflow

with mlflow.start_run(run_id="${run}"):
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_artifact("plot.png")
    mlflow.sklearn.log_model(model, name="model")`;
  return <Empty snippet={code}>This run has no artifacts: no files and no model were logged.</Empty>;
}
