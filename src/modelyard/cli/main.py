"""The program ``modelyard``: finds the command, runs it, and turns errors into one line and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import difflib
import gc
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

from modelyard.cli.command import Arguments, Command, add
from modelyard.core.errors import ModelyardError
from modelyard.core.version import __version__

GROUPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "server": ("modelyard.cli.server", "start the tracking server"),
        "ui": ("modelyard.cli.server", "start the server for one person on this machine"),
        "experiments": ("modelyard.cli.experiments", "create, find, rename, delete and export experiments"),
        "runs": ("modelyard.cli.runs", "list, describe, delete and restore runs"),
        "artifacts": ("modelyard.cli.artifacts", "upload, list and download the files of runs"),
        "datasets": ("modelyard.cli.datasets", "named datasets: versions, who made and used them, how they differ"),
        "registry": ("modelyard.cli.registry", "registered models, versions, aliases and stages"),
        "models": (
            "modelyard.cli.models",
            "look at a model without loading it, serve it, predict with it, seal and unseal it",
        ),
        "pyfunc": ("modelyard.cli.pyfunc", "serve a model or predict with it, by MLflow's older name"),
        "run": ("modelyard.cli.run", "run a project from a folder or from Git, in its environment, as a tracked run"),
        "pipeline": ("modelyard.cli.pipeline", "run, plan, explain and draw pipelines that are declared in a file"),
        "train": ("modelyard.cli.train", "train a model on a table, track it and register it"),
        "training": ("modelyard.cli.training", "start the train/predict service"),
        "batch": ("modelyard.cli.batch", "score files with a model"),
        "env": ("modelyard.cli.env", "list and remove the environments made for projects and models"),
        "new": ("modelyard.cli.new", "write a project, a component or a model plug-in from a template"),
        "sweep": ("modelyard.cli.sweep", "run a project once for each combination of values; find the best"),
        "trust": ("modelyard.cli.trust", "whose models this machine loads although they can run code"),
        "db": ("modelyard.cli.db", "upgrade, check and compact a store's database"),
        "gc": ("modelyard.cli.gc", "remove deleted experiments and runs for good"),
        "sync": ("modelyard.cli.sync", "send what was journalled while the server was away"),
        "routes": ("modelyard.cli.routes", "list the server's endpoints with the permission each needs"),
        "doctor": ("modelyard.cli.doctor", "print what is needed to help you"),
        "version": ("modelyard.cli.version", "print the version"),
    }
)
"""Command → the module that has it, and a line of help."""


class Parser(argparse.ArgumentParser):
    """An argument parser that suggests what may have been meant, and exits with 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, and how to get help."""
        self.exit(2, f"{self.prog}: {message}. See '{self.prog} --help'.\n")


def program(argv: Sequence[str] | None = None) -> int:
    """``main`` in a process of its own, which looks for garbage once at its end.

    Python by itself would do so three times, for half a second after scikit-learn; not at all is too little, for libraries
    that count what was not let go of complain.
    """
    try:
        return main(argv)
    finally:
        gc.collect()
        gc.freeze()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; answers the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except ModelyardError as error:
        print(f"modelyard: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("modelyard: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"modelyard: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 1


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if words[0] in ("-V", "--version"):
        print(f"modelyard, version {__version__}")
        return 0
    name = words[0]
    if name not in GROUPS:
        print(
            f"modelyard: there is no command {name!r}.{_meant(name, GROUPS)} See 'modelyard --help'.", file=sys.stderr
        )
        return 2
    arguments = _parse(name, words[1:])
    if isinstance(arguments, int):
        return arguments
    return arguments.run(arguments) or 0


def commands_of(name: str) -> tuple[Command, ...]:
    """The commands of a group; a group that is one command itself has one of its own name."""
    module = importlib.import_module(GROUPS[name][0])
    commands: tuple[Command, ...] = module.COMMANDS
    single = [command for command in commands if command.name == name]
    return tuple(single) if single else commands


def parser_of(name: str, command: Command) -> Parser:
    """The parser of one command."""
    prog = f"modelyard {name}" if command.name == name else f"modelyard {name} {command.name}"
    parser = Parser(
        prog=prog,
        description=command.help[:1].upper() + command.help[1:] + ".",
        epilog=command.examples or None,
        formatter_class=Formatter,
        add_help=not command.host,
        allow_abbrev=False,
    )
    if command.host:
        parser.add_argument("--help", action="help", help="show this help and exit")
    add(parser, command)
    return parser


class Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Help that keeps the layout of examples and shows defaults where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.nargs == 0 or action.default in (None, "", argparse.SUPPRESS):  # a switch says all by its name
            return action.help
        return super()._get_help_string(action)


def _parse(name: str, words: list[str]) -> Arguments | int:
    commands = {command.name: command for command in commands_of(name)}
    if name in commands:
        return parser_of(name, commands[name]).parse_args(words)
    if not words or words[0] in ("-h", "--help"):
        print(group_overview(name))
        return 0
    if words[0] not in commands:
        meant = _meant(words[0], commands)
        line = f"modelyard {name}: there is no command {words[0]!r}.{meant} See 'modelyard {name} --help'."
        print(line, file=sys.stderr)
        return 2
    return parser_of(name, commands[words[0]]).parse_args(words[1:])


def overview() -> str:
    """The help of the whole program."""
    width = max(map(len, GROUPS))
    lines = [f"  {name:<{width}}  {help_}" for name, (_, help_) in GROUPS.items()]
    return "\n".join(
        [
            "usage: modelyard COMMAND …",
            "",
            "Track, package, register and serve machine-learning models.",
            "",
            "commands:",
            *lines,
            "",
            "To see what was logged: modelyard ui --store ./yard, and open the address it prints.",
            "Help on a command: modelyard COMMAND --help",
        ]
    )


def group_overview(name: str) -> str:
    """The help of a group."""
    commands = commands_of(name)
    width = max(len(command.name) for command in commands)
    lines = [f"  {command.name:<{width}}  {command.help}" for command in commands]
    head = [f"usage: modelyard {name} COMMAND …", "", GROUPS[name][1][:1].upper() + GROUPS[name][1][1:] + "."]
    return "\n".join([*head, "", "commands:", *lines, "", f"Help on a command: modelyard {name} COMMAND --help"])


def _meant(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
