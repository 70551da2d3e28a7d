"""Trains a dense network on the red wines and registers it as `dense` in the folder `models`.

python examples/training/eg/pytorch.py [FILE]
modelyard training serve --models models
curl -d @wine.json -H "Content-Type: application/json" -X POST localhost:8000/predict_net
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from modelyard import MlflowClient, set_tracking_uri
from modelyard.artifacts import download_artifacts
from modelyard.training import train

DATA = "data/winequality-red.csv"
MODELS = Path("models")


def main(data: str = DATA) -> None:
    done = train(
        data,
        target="quality",
        model="DenseRegressor",
        params={"hidden": [64, 32], "optimizer": "adam", "learning_rate": 0.005, "batch_size": 64, "epochs": 40},
        name="dense",
        models=MODELS,
    )
    print(f"{done.model_uri}: r2 {done.metrics['r2']:.3f} on {done.rows.test} rows, run {done.run_id}")

    curve = MlflowClient(str(MODELS)).get_metric_history(done.run_id, "val_loss")
    print(
        f"{len(curve)} epochs, validation loss from {curve[0].value:.3f} to {min(point.value for point in curve):.3f}"
    )

    # The store has the model; a copy of its folder, for whoever wants files.
    shutil.rmtree(MODELS / "dense", ignore_errors=True)
    set_tracking_uri(str(MODELS))
    print(f"its files: {download_artifacts(done.model_uri, dst_path=str(MODELS / 'dense'))}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
