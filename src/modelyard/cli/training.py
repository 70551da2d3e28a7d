"""``modelyard training serve``: the train/predict service."""

from __future__ import annotations

from typing import Any

from modelyard.cli.command import Arguments, Command, Option, option
from modelyard.cli.listening import ACCESS_LOG, HOST, browsers_of
from modelyard.cli.serve import size
from modelyard.training.service.options import DATA, MODELS, TARGET, TrainingOptions
from modelyard.training.service.run import serve as run_service


def serve(arguments: Arguments) -> int:
    """Start the service and stay until it is told to stop."""
    chosen: dict[str, Any] = {name: getattr(arguments, name) for name in _PLAIN}
    return run_service(TrainingOptions(**browsers_of(arguments), **chosen))


_PLAIN = (
    "data",
    "target",
    "models",
    "model",
    "host",
    "port",
    "trainers",
    "timeout",
    "train_timeout",
    "max_body",
    "max_upload",
    "debug",
    "insecure_no_auth",
    "drain_delay",
    "access_log",
)

_SERVE: tuple[Option, ...] = (
    option("--data", default=DATA, metavar="FILE", help="the file trained on where a request sends none"),
    option("--target", default=TARGET, metavar="COLUMN", help="the column of it to predict"),
    option(
        "--models",
        default="",
        metavar="DIR",
        help=f"the folder of the store with runs and models; empty: MODELYARD_TRAINING_MODELS, or {MODELS}",
    ),
    option(
        "--model",
        default="",
        metavar="MODEL",
        help="what /predict answers with where a request names no model, such as wine@champion; empty: the newest version",
    ),
    HOST,
    option("-p", "--port", type=int, default=8000, metavar="PORT", help="the port to listen on; 0 takes a free one"),
    option("--trainers", type=int, default=1, metavar="N", help="how many trainings run at once; more wait"),
    option("--timeout", type=float, default=60.0, metavar="SECONDS", help="how long one prediction may take"),
    option("--train-timeout", type=float, default=3600.0, metavar="SECONDS", help="how long one training may take"),
    option("--max-body", type=size, default="32M", metavar="BYTES", help="the largest body of rows to predict"),
    option("--max-upload", type=size, default="200M", metavar="BYTES", help="the largest file to train on"),
    option("--debug", action="store_true", help="answer failures with tracebacks; on loopback only"),
    option("--allowed-hosts", default="", metavar="NAMES", help="host names it answers to besides its own, by comma"),
    option("--trusted-origins", default="", metavar="ORIGINS", help="origins whose pages may call it, by comma"),
    option(
        "--insecure-no-auth",
        action="store_true",
        help="listen on other addresses than loopback although anyone there could train and predict",
    ),
    option("--drain-delay", type=float, default=0.5, metavar="SECONDS", help="wait before closing when told to stop"),
    ACCESS_LOG,
)

COMMANDS = (
    Command(
        "serve",
        serve,
        "start the train/predict service",
        _SERVE,
        "example: modelyard training serve --data wine.csv --target quality",
        host=True,
    ),
)
