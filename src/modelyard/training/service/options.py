"""What the train/predict service can be told when it is started."""

from __future__ import annotations

import msgspec

DATA = "data/winequality-red.csv"
TARGET = "quality"
MODELS = "./models"


class TrainingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``modelyard training serve``, by the names of the command line. Times are in seconds, sizes in bytes.

    - ``data``, ``target``: the file that is trained on where a request sends none, and its column to predict.
    - ``models``: the store's folder: experiments, registered models, files. Empty: the setting ``training_models``, or ./models.
    - ``model``: what ``/predict`` answers with where a request names no model; the newest version when it is empty.
    - ``trainers``: how many trainings run at once; more wait in line.
    - ``timeout``, ``train_timeout``: how long one prediction and one training may take.
    - ``max_body``, ``max_upload``: the largest body of rows to predict, and the largest file to train on.
    - ``debug``: tracebacks in the answers to what failed; on loopback only.
    """

    data: str = DATA
    target: str = TARGET
    models: str = ""
    model: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    trainers: int = 1
    timeout: float = 60.0
    train_timeout: float = 3600.0
    max_body: int = 32_000_000
    max_upload: int = 200_000_000
    debug: bool = False
    allowed_hosts: tuple[str, ...] = ()
    trusted_origins: tuple[str, ...] = ()
    insecure_no_auth: bool = False
    drain_delay: float = 0.5
    drain_limit: float = 20.0
    access_log: bool = False
