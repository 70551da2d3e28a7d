"""Dense networks of PyTorch, and the loop that trains them."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, first_line
from modelyard.core.extras import require
from modelyard.core.version import __version__
from modelyard.models import catalog
from modelyard.training.data import NUMBER, Split
from modelyard.training.result import Task
from modelyard.training.trainers.checks import NETWORK, Param, checked, number, whole
from modelyard.training.trainers.contract import Fitted, Watch

_NETWORK = "modelyard.training.trainers.network"
_RUN_ID = re.compile(r"[0-9a-f]{32}")

PARAMS: Mapping[str, Param] = {
    **NETWORK,
    "patience": whole(0, 100_000, 10),
    "weight_decay": number(0.0, above=-math.ulp(0.0), words="0 or more"),
    "checkpoint_every": whole(1, 100_000, 10),
    "resume": Param(
        "",
        lambda value: value == "" or (isinstance(value, str) and _RUN_ID.fullmatch(value) is not None),
        "the id of the run whose last checkpoint is gone on from",
    ),
}
"""``patience``: after so many epochs without a better loss on the validation rows the training stops; 0 never stops early."""


class TorchTrainer(msgspec.Struct, frozen=True):
    """A ``DenseNet``. The weights kept are those of the epoch with the best loss on rows set apart for validation."""

    name: str
    task: Task
    framework: str = "pytorch"
    takes: str = NUMBER

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse params that are not in the table above."""
        require("torch", what=f"Training a {self.name}", extra="pytorch")
        checked(self.name, PARAMS, params)

    def fit(self, split: Split, params: Mapping[str, Any], *, seed: int, watch: Watch) -> Fitted:
        """Train; a point of ``train_loss`` and ``val_loss`` for each epoch."""
        torch = require("torch", what=f"Training a {self.name}", extra="pytorch")
        chosen = checked(self.name, PARAMS, params)
        with torch.random.fork_rng(devices=[]), tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            torch.manual_seed(seed)
            loop = _Loop(torch, split, chosen, Path(folder), watch)
            network = loop.run()
        return Fitted(
            obj=network,
            flavor=catalog.flavor("pytorch"),
            predict=lambda frame: _predict(torch, network, frame, split.labels),
            params={key: value for key, value in chosen.items() if key != "resume" or value}
            | {"epochs_done": loop.epoch, "best_epoch": loop.best_epoch},
            requirements=[f"modelyard[pytorch]=={__version__}"],
        )


class _Loop:
    """The state of a training between two epochs, which is what a checkpoint holds."""

    def __init__(self, torch: Any, split: Split, params: Mapping[str, Any], folder: Path, watch: Watch) -> None:
        self._torch = torch
        self._params = params
        self._watch = watch
        self._file = folder / "checkpoint.pt"
        self._is_regression = split.task == "regression"
        self._rows, self._wanted, self._val_rows, self._val_wanted = self._tensors(split)
        outputs = 0 if self._is_regression else len(split.labels)
        network = require(_NETWORK, what="A network", extra="pytorch")
        self.network = network.DenseNet(self._rows.shape[1], params["hidden"], outputs)
        self.network.scale_by(self._rows, self._wanted if self._is_regression else None)
        self._optimizer = _optimizer(torch, self.network, params)
        self.epoch = self.best_epoch = 0
        self._best_loss = math.inf
        self._best = self._copy()
        if params["resume"]:
            self._resume(watch.fetch_checkpoint(params["resume"], folder))

    def run(self) -> Any:
        """Train until the last epoch, or until it gets no better; the best network."""
        epochs, patience = self._params["epochs"], self._params["patience"]
        while self.epoch < epochs:
            self.epoch += 1
            losses = {"train_loss": self._train_once(), "val_loss": self._loss_of(self._val_rows, self._val_wanted)}
            if not all(map(math.isfinite, losses.values())):
                raise InvalidParameter(
                    f"The loss is no finite number any more in epoch {self.epoch}: take a smaller learning_rate"
                    f" than {self._params['learning_rate']:g}."
                )
            if losses["val_loss"] < self._best_loss:
                self._best_loss, self.best_epoch, self._best = losses["val_loss"], self.epoch, self._copy()
            self._watch.epoch(self.epoch, epochs, losses)
            if self.epoch % self._params["checkpoint_every"] == 0:
                self._save()
            if patience and self.epoch - self.best_epoch >= patience:
                break
        self._save()
        self.network.load_state_dict(self._best)
        self.network.eval()
        return self.network

    def _tensors(self, split: Split) -> tuple[Any, Any, Any, Any]:
        torch = self._torch
        rows = torch.tensor(split.train_x.to_numpy(), dtype=torch.float32)
        if self._is_regression:
            wanted = torch.tensor(split.train_y, dtype=torch.float32)
        else:
            place = {label: at for at, label in enumerate(split.labels)}
            wanted = torch.tensor([place[each] for each in split.train_y.tolist()])
        order = torch.randperm(len(rows))
        apart = max(1, round(len(rows) * self._params["validation"]))
        if apart >= len(rows):
            raise InvalidParameter(f"{len(rows)} rows to train with are too few to set some apart for validation.")
        val, train = order[:apart], order[apart:]
        return rows[train], wanted[train], rows[val], wanted[val]

    def _train_once(self) -> float:
        """One epoch; the mean loss of its rows."""
        self.network.train()
        order, size = self._torch.randperm(len(self._rows)), self._params["batch_size"]
        total = 0.0
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            self._optimizer.zero_grad()
            loss = self._loss(self._rows[batch], self._wanted[batch])
            loss.backward()
            self._optimizer.step()
            total += loss.item() * len(batch)
        return total / len(order)

    def _loss_of(self, rows: Any, wanted: Any) -> float:
        self.network.eval()
        with self._torch.no_grad():
            return float(self._loss(rows, wanted).item())

    def _loss(self, rows: Any, wanted: Any) -> Any:
        """Of the scaled target, so that learning rates mean the same whatever its unit; of classes the cross entropy."""
        found, losses = self.network.raw(rows), self._torch.nn.functional
        if self._is_regression:
            scaled = (wanted - self.network.target_mean) / self.network.target_spread
            return losses.mse_loss(found.squeeze(1), scaled)
        return losses.cross_entropy(found, wanted)

    # checkpoints

    def _save(self) -> None:
        checkpoint = {
            "config": self.network.config,
            "state": self.network.state_dict(),
            "optimizer_name": self._params["optimizer"],
            "optimizer": self._optimizer.state_dict(),
            "epoch": self.epoch,
            "best": self._best,
            "best_epoch": self.best_epoch,
            "best_loss": self._best_loss,
            "random": self._torch.random.get_rng_state(),
        }
        self._torch.save(checkpoint, self._file)
        self._watch.checkpoint(self._file)

    def _resume(self, file: Path) -> None:
        """Go on from a checkpoint, which holds numbers and nothing that runs."""
        try:
            found = self._torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # noqa: BLE001  # what torch raises for what holds more than numbers, or is none of its files
            raise InvalidParameter(f"The checkpoint cannot be read: {first_line(error)}.") from None
        if found["config"] != self.network.config:
            raise InvalidParameter(
                f"The checkpoint is of another network ({found['config']}) than this one ({self.network.config})."
            )
        if found["epoch"] >= self._params["epochs"]:
            raise InvalidParameter(
                f"The checkpoint is of epoch {found['epoch']}; epochs counts those too and must be more."
            )
        self.network.load_state_dict(found["state"])
        if found["optimizer_name"] == self._params["optimizer"]:
            self._optimizer.load_state_dict(found["optimizer"])
            for group in self._optimizer.param_groups:
                group["lr"] = self._params["learning_rate"]
        self.epoch, self.best_epoch = found["epoch"], found["best_epoch"]
        self._best, self._best_loss = found["best"], found["best_loss"]
        self._torch.random.set_rng_state(found["random"])

    def _copy(self) -> dict[str, Any]:
        return {key: value.clone() for key, value in self.network.state_dict().items()}


def _optimizer(torch: Any, network: Any, params: Mapping[str, Any]) -> Any:
    made = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[params["optimizer"]]
    return made(network.parameters(), lr=params["learning_rate"], weight_decay=params["weight_decay"])


def _predict(torch: Any, network: Any, frame: Any, labels: list[Any]) -> Any:
    with torch.no_grad():
        found = network(torch.tensor(frame.to_numpy(), dtype=torch.float32)).numpy()
    if not labels:
        return found[:, 0].astype("float64")
    names = {type(label) for label in labels}
    places = found.argmax(axis=1)
    return _array([labels[place] for place in places.tolist()], object if names == {str} else None)


def _array(values: list[Any], kind: Any) -> Any:
    return require("numpy", what="Predicting", extra="models").array(values, dtype=kind)


TRAINERS = (TorchTrainer("DenseRegressor", "regression"), TorchTrainer("DenseClassifier", "classification"))
