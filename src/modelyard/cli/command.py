"""What a command is made of."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

Arguments = argparse.Namespace


class Option(NamedTuple):
    """One option or positional argument, as argparse takes it."""

    flags: tuple[str, ...]
    settings: dict[str, Any]


class Command(NamedTuple):
    """A command: its name, what runs it, one line of help, its options, and examples shown below them.

    ``run`` answers the exit code, ``None`` for 0. With ``host`` the letter ``-h`` is free for ``--host`` and only
    ``--help`` asks for help, as in MLflow.
    """

    name: str
    run: Callable[[Arguments], int | None]
    help: str
    options: tuple[Option, ...] = ()
    examples: str = ""
    host: bool = False


def option(*flags: str, **settings: Any) -> Option:
    """One option."""
    return Option(flags, settings)


OUTPUT = option(
    "--output",
    choices=("table", "json", "csv"),
    default="table",
    help="how to print: a table for people, JSON or CSV for programs",
)
TRACKING_URI = option(
    "--tracking-uri",
    metavar="URI",
    help="folder or address of the store; default: MODELYARD_TRACKING_URI, MLFLOW_TRACKING_URI, or ./yard",
)
YES = option("-y", "--yes", action="store_true", help="do not ask before what cannot be undone")


def add(parser: argparse.ArgumentParser, command: Command) -> None:
    """Give a parser a command's options."""
    for each in command.options:
        parser.add_argument(*each.flags, **each.settings)
    parser.set_defaults(run=command.run)
