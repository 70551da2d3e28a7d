"""The first run: one parameter, one metric, one file. Without a server it is kept in the folder ./yard."""

import modelyard as mlflow
from modelyard import log_artifact, log_metric, log_param

with mlflow.start_run() as run:
    log_param("param1", 1)
    log_metric("metric1", 2)

    with open("results.csv", "w", encoding="utf-8") as file:
        file.write("val, val2, val2\n")
        file.write("1, 2, 3\n")
    log_artifact("results.csv")

print(f"run {run.info.run_id} is in {mlflow.get_tracking_uri()}")
