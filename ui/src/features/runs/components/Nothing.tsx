import { Button } from "../../../components/Button";
import { Empty } from "../../../components/States";
import { prefix } from "../../../paths";
import type { View } from "../view";

/** No run is there, or none that matches; and how one comes to be. */
export function Nothing({ view, name }: { view: View; name: string | undefined }) {
  if (view.filter.trim() !== "") {
    return (
      <div className="flex flex-col items-center">
        <Empty>No run matches this filter.</Empty>
        <Button onClick={() => view.setFilter("")}>Clear the filter</Button>
      </div>
    );
  }
  if (view.stage === "deleted") return <Empty>No run of this experiment is deleted.</Empty>;
  return <Empty snippet={snippetFor(name ?? "my-experiment", window.location.origin + prefix)}>No runs yet. A script like this one makes the first:</Empty>;
}

function snippetFor(name: string, server: string): string {
  return [
    "import modelyard as mlflow",
    "",
    `mlflow.set_tracking_uri(${JSON.stringify(server)})`,
    `mlflow.set_experiment(${JSON.stringify(name)})`,
    "with mlflow.start_run():",
    '    mlflow.log_param("alpha", 0.5)',
    '    mlflow.log_metric("rmse", 0.79)',
  ].join("\n");
}
