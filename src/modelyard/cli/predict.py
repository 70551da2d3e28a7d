"""``modelyard models predict`` and ``modelyard pyfunc predict``: predictions for one file."""

from __future__ import annotations

import logging
import sys

from modelyard import set_tracking_uri
from modelyard.cli.command import Arguments, Command, Option, option
from modelyard.cli.serve import ENVIRONMENT, MODEL, model_uri
from modelyard.core.extras import require


def predict(arguments: Arguments) -> int:
    """Predict; nothing but the predictions goes to stdout."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    files = require("modelyard.batch.predict", what="Predicting", extra="models")  # the other commands do without it
    code: int = files.predict(
        files.Prediction(
            model=model_uri(arguments.model, arguments.run_id),
            input=arguments.input_path,
            output=arguments.output_path,
            content_type=arguments.content_type,
            env_manager="local" if arguments.no_conda else arguments.env_manager,
            trust=arguments.trust,
        )
    )
    return code


def _command(input_path: Option, name: str) -> Command:
    return Command(
        "predict",
        predict,
        "predict on one file and print the predictions: for CSV a header line and a line for each row, for JSON MLflow's form",
        (
            *MODEL,
            input_path,
            option(
                "-o",
                "--output-path",
                default="",
                metavar="FILE",
                help="write here, when all is predicted; empty: stdout",
            ),
            option(
                "-t",
                "--content-type",
                choices=("csv", "json"),
                default="",
                help="what the input is; empty: JSON where its name ends in .json, else CSV with a header line",
            ),
            *ENVIRONMENT,
            option(
                "--trust", metavar="DIGEST", help="run this model's code although nobody this machine trusts signed it"
            ),
        ),
        f"example: modelyard {name} predict -m models:/wine@champion -i wines.csv -o predictions.csv\n"
        "For files that are large, and for other formats: modelyard batch score",
    )


_INPUT = "the rows: CSV whose first line names the columns, or JSON as /invocations takes it; - is stdin"

COMMANDS = (_command(option("-i", "--input-path", default="-", metavar="FILE", help=_INPUT), "models"),)
PYFUNC = (_command(option("-i", "--input-path", required=True, metavar="FILE", help=_INPUT), "pyfunc"),)
"""As MLflow had it first: the input is required."""
