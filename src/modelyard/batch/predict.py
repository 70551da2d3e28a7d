"""One file in, its predictions out: what ``modelyard models predict`` and ``modelyard pyfunc predict`` do.

The file is read as the scoring server reads the body of a request, and as a whole: larger ones are for ``modelyard batch score``.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from modelyard.batch.manifest import write_whole
from modelyard.client.flavors.verbs import fetch_model
from modelyard.core.errors import InvalidParameter, ModelFailed, ModelyardError
from modelyard.models.load import load_pyfunc
from modelyard.models.trust import private_folder
from modelyard.serving.environment import in_use, interpreter
from modelyard.serving.options import EnvManager
from modelyard.serving.protocols.invocations import CSV, JSON, Invocations
from modelyard.serving.responses import encode

Kind = Literal["csv", "json"]
STDIN = "-"
_TYPES = {"csv": CSV, "json": JSON}
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from modelyard.cli.main import program; sys.exit(program(sys.argv[2:]))"
)
_COLUMN = "prediction"


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What to predict: the model's address, the input (a path, or ``-``), the output (a path, or empty for stdout).

    ``content_type`` is the input's; where it is empty, a file ending in ``.json`` is JSON and any other CSV. The output
    is of the input's kind: CSV with a header line, or MLflow's ``{"predictions": …}``.
    """

    model: str
    input: str = STDIN
    output: str = ""
    content_type: Literal["csv", "json", ""] = ""
    env_manager: EnvManager = "local"
    trust: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the input, and of the output."""
        return self.content_type or ("json" if self.input.lower().endswith(".json") else "csv")


def predict(asked: Prediction) -> int:
    """Predict, here or in the environment the model asks for; answers the exit code.

    Raises ``ModelFailed`` when the model fails or does not answer a prediction for each row; then nothing is written.
    """
    given = Path(asked.model)
    folder = private_folder(given if given.is_dir() else fetch_model(asked.model))
    if asked.env_manager != "local":
        found = interpreter(folder, asked.env_manager, trust=asked.trust)
        if found.python != Path(sys.executable):
            with in_use(found):
                return _elsewhere(str(found.python), found.home, folder, asked)
    content = _predicted(folder, asked)
    if asked.output:
        write_whole(Path(asked.output).absolute(), content)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    return 0


def _predicted(folder: Path, asked: Prediction) -> bytes:
    model = load_pyfunc(folder, trust=asked.trust)
    signature, protocol = model.metadata.signature, Invocations()
    payload = protocol.read(_read(asked.input), _TYPES[asked.kind], signature)
    try:
        predictions = model.predict(payload.data, payload.params)
    except ModelyardError:
        raise
    except Exception as error:
        raise ModelFailed(f"The model failed on this input: {type(error).__name__}: {error}") from error
    if asked.kind == "json":
        return protocol.write(predictions, payload, signature) + b"\n"
    return as_csv(predictions, payload.rows)


def as_csv(predictions: Any, rows: int | None) -> bytes:
    r"""Predictions as CSV: a header line, and a line for each row. ``ModelFailed`` where there are more or fewer.

    >>> as_csv([[1, "a,b"], [2.5, None]], 2)
    b'prediction_0,prediction_1\n1,"a,b"\n2.5,\n'
    """
    names, lines = _table(msgspec.json.decode(encode(predictions)))
    if rows is not None and len(lines) != rows:
        raise ModelFailed(f"The model answered {len(lines)} predictions for {rows} rows.")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_cell(value) for value in line] for line in lines])
    return out.getvalue().encode()


def _table(found: Any) -> tuple[list[str], list[list[Any]]]:
    if isinstance(found, dict) and found and all(isinstance(values, list) for values in found.values()):
        return list(found), [list(line) for line in zip(*found.values(), strict=True)]
    lines = found if isinstance(found, list) else [found]
    if lines and all(isinstance(line, dict) for line in lines):
        names = list(dict.fromkeys(name for line in lines for name in line))
        return names, [[line.get(name) for name in names] for line in lines]
    if lines and all(isinstance(line, list) for line in lines) and len({len(line) for line in lines}) == 1:
        wide = len(lines[0])
        return [_COLUMN] if wide == 1 else [f"{_COLUMN}_{place}" for place in range(wide)], lines
    return [_COLUMN], [[line] for line in lines]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, list | dict) else value


def _read(place: str) -> bytes:
    if place == STDIN:
        return sys.stdin.buffer.read()
    path = Path(place)
    if not path.is_file():
        raise InvalidParameter(f"There is no file {place!r} to predict on.")
    return path.read_bytes()


def _elsewhere(python: str, home: str, folder: Path, asked: Prediction) -> int:
    """The same command in another interpreter, which has what the model asks for."""
    words = ["models", "predict", "-m", str(folder), "-i", asked.input, "-t", asked.kind, "--env-manager", "local"]
    words += ["-o", asked.output] if asked.output else []
    words += ["--trust", asked.trust] if asked.trust else []
    return subprocess.run([python, "-I", "-c", _BOOT, home, *words], check=False).returncode  # noqa: S603 - our own program
