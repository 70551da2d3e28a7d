"""``modelyard train``: one training from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from modelyard import set_tracking_uri
from modelyard.cli.command import TRACKING_URI, Arguments, Command, Option, option
from modelyard.cli.printing import show, show_one
from modelyard.core.errors import InvalidParameter
from modelyard.training.request import DEFAULT_MODEL, DEFAULT_SEED, DEFAULT_TEST_SIZE
from modelyard.training.result import Training
from modelyard.training.train import train as train_model

_CLASSES = ("class", "precision", "recall", "f1", "support")


def train(arguments: Arguments) -> None:
    """Train a model, track it, register it, and print how well it predicts."""
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    done = train_model(
        arguments.data,
        target=arguments.target,
        model=arguments.model,
        params=_params(arguments.param or ()),
        test_size=arguments.test_size,
        seed=arguments.seed,
        name=arguments.name,
        models=arguments.models or None,
    )
    if arguments.output == "json":
        show_one(msgspec.to_builtins(done), "json")
    else:
        _print(done)


def _print(done: Training) -> None:
    show_one(
        {
            "model": f"{done.model_uri} ({done.model})",
            "verification": done.verification,
            "run": done.run_id,
            "rows": f"{done.rows.train} to train with, {done.rows.test} to test with ({done.rows.test_hash})",
            "target": done.target,
            **{name: value for name, value in done.metrics.items() if name != "support"},
        },
        "table",
    )
    if done.classes:
        print()
        show([{"class": label, **scores} for label, scores in done.classes.items()], _CLASSES, "table")


def _params(words: Any) -> dict[str, Any]:
    """``key=value`` each; a value is JSON where it is that, else a text."""
    params: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise InvalidParameter(f"--param {word}: write name=value, such as --param epochs=20.")
        try:
            params[key] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            params[key] = text
    return params


OPTIONS: tuple[Option, ...] = (
    option("data", metavar="DATA", help="a CSV or Parquet file"),
    option("--target", required=True, metavar="COLUMN", help="the column to predict"),
    option("--model", default=DEFAULT_MODEL, metavar="MODEL", help="what to train"),
    option("--param", action="append", metavar="NAME=VALUE", help="a param of the model; may be repeated"),
    option("--test-size", type=float, default=DEFAULT_TEST_SIZE, metavar="SHARE", help="the share to test with"),
    option("--seed", type=int, default=DEFAULT_SEED, metavar="N", help="what rows and weights are drawn by"),
    option("--name", default="", metavar="NAME", help="the registered model that gets the version; empty: the model's"),
    option("--models", default="", metavar="DIR", help="the store of a training service, instead of the tracking URI"),
    option("--output", choices=("table", "json"), default="table", help="a table for people, JSON for programs"),
    TRACKING_URI,
)

COMMANDS = (
    Command(
        "train",
        train,
        "train a model on a table, track it and register it",
        OPTIONS,
        "example: modelyard train wine.csv --target quality --model RandomForestRegressor --param n_estimators=200",
    ),
)
