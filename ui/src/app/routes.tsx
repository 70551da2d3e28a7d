/** Which page an address shows. Every page is a file of its own that is fetched when it is first needed. */

import { Redirect, Route, Switch } from "wouter";

import { drawing } from "../components/charts/LineChart";
import { Page } from "../components/Page";
import { Empty, SkeletonLines } from "../components/States";
import { later, type Part } from "../lib/later";
import { loads } from "../lib/preload";
import { paths } from "../paths";

type Load = Parameters<typeof later<object>>[0];

const page = (load: Load): Part<object> => later(load, () => <main className="flex-1 px-5 py-4"><SkeletonLines label="the page" lines={10} /></main>);

const compare = page(() => import("../features/compare/page"));
loads("compare", () => Promise.all([compare.prepare(), drawing.prepare()]));

const PAGES: readonly (readonly [string, Part<object>])[] = [
  ["/experiments", page(() => import("../features/experiments/page"))],
  ["/experiments/:experiment/runs", page(() => import("../features/runs/page"))],
  ["/runs/:run/artifacts", page(() => import("../features/artifacts/page"))],
  ["/runs/:run/:tab", page(() => import("../features/run/page"))],
  ["/compare", compare],
  ["/models", page(() => import("../features/models/page"))],
  ["/models/:name", page(() => import("../features/models/model-page"))],
  ["/models/:name/:version", page(() => import("../features/models/version-page"))],
  ["/models/:name/:version/predict", page(() => import("../features/predict/page"))],
  ["/datasets", page(() => import("../features/datasets/page"))],
  ["/datasets/:name/:digest", page(() => import("../features/datasets/dataset-page"))],
  ["/settings", page(() => import("../features/settings/page"))],
];

export function Routes() {
  return (
    <Switch>
      <Route path="/"><Redirect to={paths.experiments()} replace /></Route>
      <Route path="/experiments/:experiment">{({ experiment }) => <Redirect to={paths.runs(experiment)} replace />}</Route>
      <Route path="/runs/:run">{({ run }) => <Redirect to={paths.run(run)} replace />}</Route>
      {PAGES.map(([path, { Shown }]) => <Route key={path} path={path} component={Shown} />)}
      <Route>
        <Page title="Not found"><Empty>There is no page at this address.</Empty></Page>
      </Route>
    </Switch>
  );
}
