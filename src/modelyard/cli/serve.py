"""``modelyard models serve`` and ``modelyard pyfunc serve``: one model behind HTTP, by our options and MLflow's."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from modelyard import set_tracking_uri
from modelyard.cli.command import TRACKING_URI, Arguments, Command, Option, option
from modelyard.cli.listening import ACCESS_LOG, BROWSERS, HOST, TLS, browsers_of
from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.serving.card import Card
from modelyard.serving.options import ServeOptions
from modelyard.web.safety import check_tls

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmg]i?)?b?", re.IGNORECASE)


def serve(arguments: Arguments) -> int:
    """Serve a model and stay until told to stop."""
    options = options_of(arguments)
    running = require(
        "modelyard.serving.run", what="Serving models", extra="server"
    )  # the other commands do without it
    code: int = running.serve(options)
    return code


def prepare_env(arguments: Arguments) -> None:
    """Make what a model runs in, and have its fast path certified."""
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    options = ServeOptions(
        model=model_uri(arguments.model, arguments.run_id),
        env_manager="local" if arguments.no_conda else arguments.env_manager,
        runtime=arguments.runtime,
        trust=arguments.trust,
        allow_unverified=arguments.allow_unverified,
    )
    running = require("modelyard.serving.run", what="Serving models", extra="server")
    card: Card = running.prepare(options)
    remembered = f"its fast path {card.kernel} is remembered" if card.kernel else f"no fast path: {card.kernel_reason}"
    print(f"{options.model} loads in {card.load_seconds:.1f} s; {remembered}")


def options_of(arguments: Arguments) -> ServeOptions:
    """What the command line asks for."""
    check_tls(arguments.tls_cert, arguments.tls_key)
    if arguments.enable_mlserver:
        raise InvalidParameter(
            "--enable-mlserver: MLServer is not used here. This server answers the same protocol (/v2/models/…/infer) by"
            " itself: leave the option out."
        )
    if arguments.install_mlflow:
        print("--install-mlflow is not needed: a model's process runs modelyard's own code.", file=sys.stderr)
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    chosen: dict[str, Any] = {field: getattr(arguments, field) for field in _PLAIN}
    return ServeOptions(
        model=model_uri(arguments.model, arguments.run_id),
        env_manager="local" if arguments.no_conda else arguments.env_manager,
        **browsers_of(arguments),
        **chosen,
    )


def model_uri(path: str, run_id: str | None) -> str:
    """The address of what ``-m`` names: inside a run's artifacts where there is ``-r``, else as it stands.

    >>> model_uri("model", "0a1b")
    'runs:/0a1b/model'
    """
    if not run_id:
        return path
    if ":/" in path or path.startswith("/") or ".." in path.split("/"):
        raise InvalidParameter(f"-m {path}: with -r, this is a path inside the run's artifacts, such as model.")
    return f"runs:/{run_id}/{path}"


def size(text: str) -> int:
    """A number of bytes, as people write it.

    >>> size("32M"), size("1.5GiB"), size("1000")
    (32000000, 1610612736, 1000)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 32000000, 32M or 2GiB")
    return int(float(match["number"]) * _UNITS[(match["unit"] or "").lower()])


_PLAIN = (
    "host",
    "port",
    "workers",
    "timeout",
    "max_body",
    "runtime",
    "batching",
    "fast",
    "trust",
    "allow_unverified",
    "network",
    "memory",
    "insecure_no_auth",
    "tls_cert",
    "tls_key",
    "access_log",
    "drain_delay",
)

MODEL = (
    option(
        "-m",
        "--model-path",
        "--model-uri",
        dest="model",
        required=True,
        metavar="URI",
        help="the model: models:/NAME/VERSION, models:/NAME@ALIAS, models:/m-…, runs:/RUN/PATH, or a folder; with -r, a path"
        " inside that run's artifacts",
    ),
    option("-r", "--run-id", metavar="RUN", help="the run whose artifacts hold the model"),
    TRACKING_URI,
)
"""What names a model, here and for ``predict``."""

ENVIRONMENT = (
    option(
        "--env-manager",
        choices=("auto", "local", "uv", "virtualenv", "conda"),
        default="auto",
        help="what the model runs in: this environment (local), or one made of its requirements and kept; auto makes one"
        " where this one does not have all that the model asks for",
    ),
    option("--no-conda", action="store_true", help="the same as --env-manager local"),
    option("--install-mlflow", action="store_true", help="accepted, and not needed"),
)
"""What it runs in, here and for ``predict``."""

_NETWORK = (
    HOST,
    option("-p", "--port", type=int, default=5000, metavar="PORT", help="the port to listen on; 0 takes a free one"),
    *TLS,
    *BROWSERS,
    option(
        "--insecure-no-auth",
        action="store_true",
        help="listen on other addresses than loopback although anyone there could ask for predictions",
    ),
)
_RUNTIME = option(
    "--runtime", choices=("native", "onnx"), default="native", help="the model itself, or its certified ONNX twin"
)
_WORK = (
    option("-w", "--workers", type=int, default=1, metavar="N", help="processes that hold the model"),
    option(
        "-t",
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long the model may take for one request",
    ),
    option("--max-body", type=size, default="32M", metavar="BYTES", help="the largest request, such as 32M"),
    _RUNTIME,
    option(
        "--batching",
        choices=("auto", "always", "never"),
        default="auto",
        help="predict requests that wait together; auto does it where that was seen to change no answer",
    ),
    option(
        "--no-fast",
        dest="fast",
        action="store_false",
        help="always ask the model itself, also where its numbers alone were seen to give the same answers",
    ),
)
_ADMISSION = (
    option("--trust", metavar="DIGEST", help="run the code of this model, sha256:…, although nobody trusted signed it"),
    option("--allow-unverified", action="store_true", help="serve a model that did not pass its own verification"),
)
_SAFETY = (
    *_ADMISSION,
    option("--network", action="store_true", help="let the model's process reach the network"),
    option(
        "--memory",
        type=size,
        default="0",
        metavar="BYTES",
        help="address space a process of the model may take, such as 4GiB; 0 sets no limit",
    ),
    ACCESS_LOG,
    option("--drain-delay", type=float, default=0.5, metavar="SECONDS", help="wait before closing when told to stop"),
    option("--enable-mlserver", action="store_true", help="refused: the same protocol is answered without MLServer"),
)

OPTIONS: tuple[Option, ...] = (*MODEL, *_NETWORK, *ENVIRONMENT, *_WORK, *_SAFETY)

PYFUNC = (
    Command(
        "serve",
        serve,
        "answer predictions of one model over HTTP, on loopback unless told otherwise",
        OPTIONS,
        "example: modelyard models serve -m models:/wine@champion -p 5001\n"
        """         curl localhost:5001/invocations -H 'content-type: application/json' -d '{"inputs": [[7.4, 0.7]]}'""",
        host=True,
    ),
)

COMMANDS = (
    *PYFUNC,
    Command(
        "prepare-env",
        prepare_env,
        "make what a model runs in and certify its fast path, so that serving it here begins at once",
        (*MODEL, *ENVIRONMENT, _RUNTIME, *_ADMISSION),
        "example: modelyard models prepare-env -m models:/wine@champion",
    ),
)
