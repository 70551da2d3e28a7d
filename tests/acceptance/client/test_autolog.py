"""Autologging in processes of their own: what is imported, and the frameworks that take long to import."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment

IMPORTS = """
import sys, modelyard
modelyard.autolog(log_models=False)
assert not {"numpy", "sklearn", "xgboost", "lightgbm", "keras", "torch", "lightning"} & set(sys.modules)
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._logistic import LogisticRegression as Same
LogisticRegression().fit([[0.0], [1.0], [2.0]], [0, 0, 1])
assert "training_score" in modelyard.last_active_run().data.metrics
assert not {"xgboost", "lightgbm", "keras", "torch", "lightning"} & set(sys.modules)
modelyard.autolog(disable=True)
assert not hasattr(LogisticRegression.fit, "__wrapped__") or "autolog" not in repr(LogisticRegression.fit.__code__)
assert not any("modelyard" in type(finder).__module__ for finder in sys.meta_path)
"""

KERAS = """
import modelyard
modelyard.keras.autolog()
import keras, numpy
fit = [vars(kind)["fit"] for kind in keras.Model.__mro__ if "fit" in vars(kind)][0]
x = numpy.arange(20.0).reshape(10, 2); y = x.sum(axis=1)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
history = model.fit(x, y, epochs=2, batch_size=5, verbose=0).history
run = modelyard.last_active_run()
client = modelyard.MlflowClient()
assert [p.value for p in client.get_metric_history(run.info.run_id, "loss")] == history["loss"]
assert (run.data.params["epochs"], run.data.params["batch_size"]) == ("2", "5")
assert run.data.params["optimizer_name"] == "sgd"
assert len(run.inputs.dataset_inputs) == 1
loaded = modelyard.keras.load_model(f"runs:/{run.info.run_id}/model")
assert numpy.allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
modelyard.keras.autolog(disable=True)
back = [vars(kind)["fit"] for kind in keras.Model.__mro__ if "fit" in vars(kind)][0]
assert back is fit.__wrapped__
with modelyard.start_run() as run:
    model.fit(x, y, epochs=3, verbose=0, callbacks=[modelyard.keras.MlflowCallback()])
assert len(client.get_metric_history(run.info.run_id, "loss")) == 3
"""

LIGHTNING = """
import logging, warnings
warnings.simplefilter("ignore")
import modelyard
modelyard.pytorch.autolog()
import torch, lightning.pytorch as lightning

class Line(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, x):
        return self.layer(x)
    def training_step(self, batch, index):
        loss = ((self(batch[0]) - batch[1]) ** 2).mean()
        self.log("loss", loss)
        return loss
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)

data = torch.utils.data.TensorDataset(torch.ones(8, 2), torch.ones(8, 1))
quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
trainer = lightning.Trainer(max_epochs=2, **quiet)
before = list(trainer.callbacks)
trainer.fit(Line(), torch.utils.data.DataLoader(data, 4))
assert trainer.callbacks == before
run = modelyard.last_active_run()
assert (run.data.params["epochs"], run.data.params["optimizer_name"], run.data.params["lr"]) == ("2", "SGD", "0.01")
assert [p.step for p in modelyard.MlflowClient().get_metric_history(run.info.run_id, "loss")] == [0, 1]
assert len(run.outputs.model_outputs) == 1
modelyard.pytorch.autolog(disable=True)
assert "autolog" not in lightning.Trainer.fit.__code__.co_filename
"""


@pytest.mark.parametrize(
    ("script", "needs"),
    [(IMPORTS, "sklearn"), (KERAS, "keras"), (LIGHTNING, "lightning")],
    ids=["imports", "keras", "lightning"],
)
def test_a_script_that_logs_by_itself(tmp_path: Path, script: str, needs: str) -> None:
    if importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    settings = {"MODELYARD_TRACKING_URI": str(tmp_path / "yard"), "MODELYARD_HOME": str(tmp_path / "home")}
    settings |= {
        "MODELYARD_JOURNAL": str(tmp_path / "journal"),
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "torch"),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
