"""Set an experiment, start a run in it, ask for the active run, end it."""

import modelyard as mlflow

mlflow.set_experiment("example-experiment")

mlflow.start_run()

run = mlflow.active_run()
print(f"Active run_id: {run.info.run_id}")

mlflow.end_run()
