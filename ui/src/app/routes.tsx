/** Which page an address shows. Every page is a file of its own that is fetched when it is first needed. */

import { lazy } from "react";
import { Redirect, Route, Switch } from "wouter";

import { Page } from "../components/Page";
import { Empty } from "../components/States";
import { loads } from "../lib/preload";
import { paths } from "../paths";

const compare = () => import("../features/compare/page");
loads("compare", () => Promise.all([compare(), import("../components/charts/LineChartDrawn")]));

const Experiments = lazy(() => import("../features/experiments/page"));
const Runs = lazy(() => import("../features/runs/page"));
const Run = lazy(() => import("../features/run/page"));
const Artifacts = lazy(() => import("../features/artifacts/page"));
const Compare = lazy(compare);
const Models = lazy(() => import("../features/models/page"));
const Model = lazy(() => import("../features/models/model-page"));
const Version = lazy(() => import("../features/models/version-page"));
const Predict = lazy(() => import("../features/predict/page"));
const Datasets = lazy(() => import("../features/datasets/page"));
const Dataset = lazy(() => import("../features/datasets/dataset-page"));
const Settings = lazy(() => import("../features/settings/page"));

export function Routes() {
  return (
    <Switch>
      <Route path="/"><Redirect to={paths.experiments()} replace /></Route>
      <Route path="/experiments" component={Experiments} />
      <Route path="/experiments/:experiment/runs" component={Runs} />
      <Route path="/experiments/:experiment">{({ experiment }) => <Redirect to={paths.runs(experiment)} replace />}</Route>
      <Route path="/runs/:run/artifacts" component={Artifacts} />
      <Route path="/runs/:run/:tab" component={Run} />
      <Route path="/runs/:run">{({ run }) => <Redirect to={paths.run(run)} replace />}</Route>
      <Route path="/compare" component={Compare} />
      <Route path="/models" component={Models} />
      <Route path="/models/:name" component={Model} />
      <Route path="/models/:name/:version" component={Version} />
      <Route path="/models/:name/:version/predict" component={Predict} />
      <Route path="/datasets" component={Datasets} />
      <Route path="/datasets/:name/:digest" component={Dataset} />
      <Route path="/settings" component={Settings} />
      <Route>
        <Page title="Not found"><Empty>There is no page at this address.</Empty></Page>
      </Route>
    </Switch>
  );
}
