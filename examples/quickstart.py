"""The smallest tracked run: there is no server, the store is the folder ./yard."""

import modelyard as mlflow

with mlflow.start_run(run_name="first") as run:
    mlflow.log_param("alpha", 0.5)
    for step in range(10):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_text("it works", "notes/hello.txt")

found = mlflow.get_run(run.info.run_id)
print(found.info.status, found.data.params, found.data.metrics)
