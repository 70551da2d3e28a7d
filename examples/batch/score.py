"""Scores a file with a registered model: the progress of diabetes after a year, on data that scikit-learn ships.

    python score.py

It writes `patients.csv`, `scored.csv` and what stands beside it.
"""

import json
from pathlib import Path

from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet

import modelyard as mlflow
import modelyard.sklearn
from modelyard.batch import BatchOptions, score_files
from modelyard.exceptions import MlflowException

NAME = "diabetes-batch"
MODEL = f"models:/{NAME}@champion"


def train() -> None:
    """Fit, log under a run, register, and say which version is the one to use."""
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    model = ElasticNet(alpha=0.001).fit(features, target)
    with mlflow.start_run(run_name="diabetes, for files"):
        info = mlflow.sklearn.log_model(model, name="model", input_example=features.head(2), registered_model_name=NAME)
    mlflow.MlflowClient().set_registered_model_alias(NAME, "champion", info.registered_model_version)


def write_patients() -> None:
    """A file in which the 100th row has a word for a number, and the 200th lacks one."""
    features, _ = load_diabetes(return_X_y=True, as_frame=True)
    features.insert(0, "patient", [f"P-{number:04d}" for number in range(len(features))])
    lines = features.to_csv(index=False).splitlines(keepends=True)
    lines[100] = lines[100].replace(lines[100].split(",")[3], "heavy", 1)
    lines[200] = lines[200].replace(lines[200].split(",")[3], "", 1)
    Path("patients.csv").write_text("".join(lines))


def score() -> None:
    """All rows that can be scored, and the others with their reason."""
    report = score_files(MODEL, "patients.csv", "scored.csv", BatchOptions(chunk_rows=50, restart=True))
    print(f"{report.scored} of {report.rows} rows scored by version {report.model_version}")
    for line in Path(report.rejected_file).read_text().splitlines():
        told = json.loads(line)
        print(f"  row {told['row']}: {told['reason'].partition('.')[0]}")
    metrics = mlflow.get_run(report.run_id).data.metrics
    print(f"the run says: {metrics['rows_scored']:.0f} scored, {metrics['rows_rejected']:.0f} rejected")


def stop_and_go_on() -> None:
    """Bear no bad row, so that the batch stops; then bear them, and it goes on from there."""
    chunks = BatchOptions(chunk_rows=50, track=False)
    try:
        score_files(
            MODEL, "patients.csv", "again.csv", BatchOptions(chunk_rows=50, track=False, max_bad=0, restart=True)
        )
    except MlflowException as error:
        print(f"stopped: {str(error).partition('.')[0]}")
    score_files(MODEL, "patients.csv", "again.csv", chunks)
    print(f"the same output: {Path('again.csv').read_bytes() == Path('scored.csv').read_bytes()}")


if __name__ == "__main__":
    train()
    write_patients()
    score()
    stop_and_go_on()
