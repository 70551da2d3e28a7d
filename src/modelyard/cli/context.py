"""``modelyard models build-context``: all that a container needs to serve a model."""

from __future__ import annotations

from pathlib import Path

from modelyard import set_tracking_uri
from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.models.addresses import fetch
from modelyard.serving.context import build_context


def build(arguments: Arguments) -> None:
    """Write the folder."""
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    given = Path(arguments.model_uri)
    build_context(given if given.exists() else fetch(arguments.model_uri), Path(arguments.out), trust=arguments.trust)
    print(f"Wrote {arguments.out}: 'docker build {arguments.out}', or start it here with {arguments.out}/start.sh.")


COMMANDS = (
    Command(
        "build-context",
        build,
        "write a folder that a container is built of: the model, its requirements, and how to serve it",
        (
            option("model_uri", metavar="URI", help="models:/NAME/VERSION, runs:/RUN/PATH or a folder"),
            option("out", metavar="OUT", help="the new folder"),
            option("--trust", metavar="DIGEST", help="the digest of a model whose code shall run, sha256:…"),
            TRACKING_URI,
        ),
        "example: modelyard models build-context models:/wine@champion wine-server",
    ),
)
