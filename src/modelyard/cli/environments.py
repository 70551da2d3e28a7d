"""``modelyard models environments``: the environments that were made of models' requirements."""

from __future__ import annotations

import time

from modelyard.cli.command import YES, Arguments, Command, option
from modelyard.cli.printing import show
from modelyard.cli.store import confirm
from modelyard.core.errors import InvalidParameter
from modelyard.models.environments import Environments

COLUMNS = ("key", "manager", "python", "packages", "megabytes", "made", "last_used")


def environments(arguments: Arguments) -> int | None:
    """List the environments, or remove some."""
    known = Environments.of_user()
    if arguments.action == "list":
        if arguments.keys or arguments.all:
            raise InvalidParameter("'modelyard models environments list' takes no key.")
        show(_rows(known), COLUMNS, arguments.output)
        return None
    keys = [kept.key for kept, _, _ in known.list()] if arguments.all else arguments.keys
    if not keys and not arguments.all:
        raise InvalidParameter("Say which: 'modelyard models environments remove KEY …', or --all.")
    if keys and not confirm(f"Remove {len(keys)} environment(s)?", yes=arguments.yes):
        return 1
    for key in keys:
        known.remove(key)
        print(f"Removed the environment {key}.")
    return None


def _rows(known: Environments) -> list[dict[str, object]]:
    return [
        {
            "key": kept.key,
            "manager": kept.manager,
            "python": kept.python,
            "packages": " ".join(kept.requirements),
            "megabytes": round(size / 1e6),
            "made": _day(kept.made),
            "last_used": _day(used),
        }
        for kept, used, size in known.list()
    ]


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


COMMANDS = (
    Command(
        "environments",
        environments,
        "list the environments made of models' requirements, or remove some",
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
