"""``modelyard version``."""

from __future__ import annotations

from modelyard.cli.command import Arguments, Command
from modelyard.core.version import __version__


def version(_: Arguments) -> None:
    """Print the version, and nothing else."""
    print(__version__)


COMMANDS = (Command("version", version, "print the version"),)
