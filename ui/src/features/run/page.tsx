import { Redirect, useParams } from "wouter";

import { RunPage } from "../../components/RunHeader";
import { paths } from "../../paths";
import { MetricsTab } from "./components/MetricsTab";
import { Overview } from "./components/Overview";

export default function ThisPage() {
  const { run: runId = "", tab = "" } = useParams<{ run: string; tab: string }>();
  if (tab !== "overview" && tab !== "metrics" && tab !== "system") return <Redirect to={paths.run(runId)} replace />;
  return (
    <RunPage runId={runId} tab={tab}>
      {(run) => (tab === "overview" ? <Overview run={run} /> : <MetricsTab key={tab} run={run} system={tab === "system"} />)}
    </RunPage>
  );
}
