"""``modelyard models environments``: another door to what ``modelyard env`` shows."""

from __future__ import annotations

from modelyard.cli.command import YES, Arguments, Command, option
from modelyard.cli.env import COLUMNS, prune_all, remove_all, rows
from modelyard.cli.printing import show
from modelyard.cli.store import confirm
from modelyard.core.errors import InvalidParameter
from modelyard.environments.keeper import Keeper


def environments(arguments: Arguments) -> int | None:
    """List the environments, or remove some."""
    known = Keeper.of_user()
    if arguments.action == "list":
        if arguments.keys or arguments.all:
            raise InvalidParameter("'modelyard models environments list' takes no key.")
        show(rows(known), COLUMNS, arguments.output)
        return None
    if not arguments.keys and not arguments.all:
        raise InvalidParameter("Say which: 'modelyard models environments remove KEY …', or --all.")
    which = "every environment" if arguments.all else f"{len(arguments.keys)} environment(s)"
    if not confirm(f"Remove {which}?", yes=arguments.yes):
        return 1
    if arguments.all:
        prune_all(known, unused=0.0)
    else:
        remove_all(known, arguments.keys)
    return None


COMMANDS = (
    Command(
        "environments",
        environments,
        "list the environments made of models' requirements and of projects', or remove some",
        (
            option("action", choices=("list", "remove"), help="what to do"),
            option("keys", nargs="*", metavar="KEY", help="the environments to remove"),
            option("--all", action="store_true", help="remove every one"),
            option("--output", choices=("table", "json", "csv"), default="table", help="how to print the list"),
            YES,
        ),
        "example: modelyard models environments remove --all --yes",
    ),
)
