"""``modelyard models export-onnx`` and ``export-page``: a model as an ONNX file, and as a page that predicts in the browser."""

from __future__ import annotations

from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.cli.printing import show_one
from modelyard.client.flavors.onnx import export_folder
from modelyard.client.flavors.verbs import fetch_model
from modelyard.edge import export_page
from modelyard.tracking import set_tracking_uri

MODEL = option("model_uri", metavar="URI", help="runs:/RUN/PATH, models:/NAME/VERSION, models:/m-… or a folder")
TRUST = option(
    "--trust", metavar="DIGEST", help="sha256:… of a model whose code shall run, when nobody trusted signed it"
)
OUTPUT = option("--output", choices=("table", "json", "csv"), default="table", help="how to print")


def onnx(arguments: Arguments) -> int:
    """Write the ONNX file; 1 when it differs from the model."""
    _follow(arguments)
    made = export_folder(fetch_model(arguments.model_uri), arguments.file, trust=arguments.trust)
    certificate = made.certificate
    row = {
        "path": arguments.file,
        "parity": certificate.status,
        "rows compared": sum(certificate.rows.values()),
        "rows that differ": certificate.crossed,
        "largest difference": certificate.largest_absolute,
        "message": certificate.message,
    }
    show_one(row, arguments.output)
    return 0 if certificate.status == "passed" else 1


def page(arguments: Arguments) -> None:
    """Write the page."""
    _follow(arguments)
    file = export_page(arguments.model_uri, arguments.path, title=arguments.title, trust=arguments.trust)
    show_one({"path": str(file), "bytes": file.stat().st_size}, arguments.output)


def _follow(arguments: Arguments) -> None:
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)


COMMANDS = (
    Command(
        "export-onnx",
        onnx,
        "write a model as an ONNX file and compare the two",
        (
            MODEL,
            option("file", metavar="FILE", help="the file to write, such as wine.onnx"),
            TRUST,
            OUTPUT,
            TRACKING_URI,
        ),
        "example: modelyard models export-onnx models:/wine@champion wine.onnx",
    ),
    Command(
        "export-page",
        page,
        "write a page that predicts with a model in the browser, without a server",
        (
            MODEL,
            option("path", metavar="FOLDER", help="the folder that gets index.html"),
            option("--title", help="the heading of the page; default: the model's name"),
            TRUST,
            OUTPUT,
            TRACKING_URI,
        ),
        "example: modelyard models export-page models:/wine@champion ./wine-page",
    ),
)
