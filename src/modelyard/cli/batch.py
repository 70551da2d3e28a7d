"""``modelyard batch …``: scoring files."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from modelyard import set_tracking_uri
from modelyard.batch.options import CHUNK_ROWS, FORMATS, BatchOptions
from modelyard.batch.run import Report, score_files
from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.core.errors import InvalidParameter

_POOL = "ARROW_DEFAULT_MEMORY_POOL"
"""Arrow's own pools keep what they were given; the system's gives chunks back, and takes no longer for a few large blocks."""

_PLAIN = (
    "input_format",
    "output_format",
    "delimiter",
    "columns",
    "outputs",
    "prediction_column",
    "chunk_rows",
    "workers",
    "engine",
    "ray_address",
    "max_bad",
    "restart",
    "trust",
    "track",
    "experiment",
)


def score(arguments: Arguments) -> int:
    """Score files; what came of it is said on stderr. The exit code is 1 where no row could be scored."""
    os.environ.setdefault(_POOL, "system")
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    options = BatchOptions(params=params_of(arguments.params), **{field: getattr(arguments, field) for field in _PLAIN})
    report = score_files(arguments.model, arguments.input, arguments.to, options)
    _tell(report)
    return 1 if report.rejected and not report.scored else 0


def params_of(text: str) -> dict[str, Any]:
    """Params of a model as JSON on the command line."""
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise InvalidParameter(f"--params is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidParameter("--params is a JSON object, such as '{\"temperature\": 0.5}'.")
    return found


def _tell(report: Report) -> None:
    if report.already:
        print(f"{report.output} is complete already: {report.scored} rows scored.", file=sys.stderr)
        return
    speed = f", {report.rows / report.seconds:,.0f} rows a second" if report.seconds > 0 else ""
    print(f"{report.output}: {report.scored} rows scored in {report.seconds:.1f} s{speed}.", file=sys.stderr)
    if report.rejected:
        print(f"{report.rejected} rows could not be scored: see {report.rejected_file}", file=sys.stderr)
    if report.run_id:
        print(f"run: {report.run_id}", file=sys.stderr)


_FORMS = (
    option("--input-format", choices=FORMATS, default="", help="the input's format, where its suffix does not say it"),
    option(
        "--output-format", choices=FORMATS, default="", help="the output's format, where its suffix does not say it"
    ),
    option("--delimiter", default=",", metavar="SIGN", help="what stands between the values of CSV"),
    option(
        "--columns",
        default="all",
        metavar="NAMES",
        help="which columns of the input are written: all, none, or names by comma",
    ),
    option("--outputs", default="", metavar="NAMES", help="which of the model's named outputs are written; empty: all"),
    option("--prediction-column", default="prediction", metavar="NAME", help="the name of a prediction without one"),
    option("--params", default="", metavar="JSON", help="params of the model's signature, as a JSON object"),
)
_WORK = (
    option("--chunk-rows", type=int, default=CHUNK_ROWS, metavar="N", help="the most rows scored at once"),
    option("--workers", type=int, default=0, metavar="N", help="chunks in work at once; 0: one for each processor"),
    option(
        "--engine", choices=("local", "ray"), default="local", help="threads here, or a stream of Ray Data on a cluster"
    ),
    option(
        "--ray-address", default="", metavar="ADDRESS", help="the Ray cluster; empty: RAY_ADDRESS, or one made here"
    ),
    option("--max-bad", type=int, metavar="N", help="stop when more rows than these cannot be scored"),
    option("--restart", action="store_true", help="begin anew and replace the output"),
    option(
        "--resume", dest="restart", action="store_false", default=False, help="go on where it was: what is done anyway"
    ),
)
_ABOUT = (
    option("--trust", metavar="DIGEST", help="run this model's code although nobody this machine trusts signed it"),
    TRACKING_URI,
    option("--experiment", default="", metavar="NAME", help="the experiment of the run, by name or id"),
    option("--no-run", dest="track", action="store_false", default=True, help="log no run"),
)

COMMANDS = (
    Command(
        "score",
        score,
        "score files with a model, in chunks that are written once",
        (
            option(
                "model", metavar="MODEL", help="models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN/PATH or a folder"
            ),
            option("input", metavar="INPUT", help="a file, a folder, a pattern in quotes, or s3://BUCKET/KEY"),
            option("to", metavar="OUTPUT", help="the file to write, or s3://BUCKET/KEY"),
            *_FORMS,
            *_WORK,
            *_ABOUT,
        ),
        "example: modelyard batch score models:/wine@champion wines.csv scored.parquet",
    ),
)
