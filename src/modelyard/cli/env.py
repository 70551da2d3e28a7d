"""``modelyard env``: the environments that were made for projects and for models."""

from __future__ import annotations

import time

from modelyard.cli.command import OUTPUT, YES, Arguments, Command, option
from modelyard.cli.printing import show, show_one
from modelyard.cli.store import confirm
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.environments.keeper import Keeper, Kept

COLUMNS = ("key", "for", "manager", "python", "packages", "megabytes", "made", "last_used", "in_use")
_DAYS = 30.0
_DAY = 86400.0


def list_(arguments: Arguments) -> None:
    """List them, the last used first."""
    show(rows(Keeper.of_user()), COLUMNS, arguments.output)


def show_(arguments: Arguments) -> None:
    """Show one."""
    keeper = Keeper.of_user()
    found = next((row for row in keeper.list() if row[0].key == arguments.key), None)
    if found is None:
        raise NotFound(f"There is no environment {arguments.key!r}. See 'modelyard env list'.")
    show_one({**row_of(keeper, *found), "folder": str(keeper.place(arguments.key))}, arguments.output)


def remove(arguments: Arguments) -> int | None:
    """Remove some."""
    if not confirm(f"Remove {len(arguments.keys)} environment(s)?", yes=arguments.yes):
        return 1
    remove_all(Keeper.of_user(), arguments.keys)
    return None


def remove_all(keeper: Keeper, keys: list[str]) -> None:
    """Remove environments, a line for each."""
    for key in keys:
        keeper.remove(key)
        print(f"Removed the environment {key}.")


def prune(arguments: Arguments) -> int | None:
    """Remove those that have not been used for some time."""
    if arguments.all and arguments.older_than is not None:
        raise InvalidParameter("Say --all or --older-than, not both.")
    days = 0.0 if arguments.all else _DAYS if arguments.older_than is None else arguments.older_than
    if not 0 <= days < float("inf"):
        raise InvalidParameter(f"--older-than {days:g}: give a number of days.")
    which = "every environment" if not days else f"the environments not used for {days:g} days"
    if not confirm(f"Remove {which}?", yes=arguments.yes):
        return 1
    prune_all(Keeper.of_user(), unused=days * _DAY)
    return None


def prune_all(keeper: Keeper, *, unused: float) -> None:
    """Remove those that were not used for some seconds, a line for each that is removed or left."""
    looked_at = keeper.prune(unused=unused)
    for each in looked_at:
        print(f"Left the environment {each.key}: {each.why}." if each.why else f"Removed the environment {each.key}.")
    if not looked_at:
        print("There are no environments.")


def rows(keeper: Keeper) -> list[dict[str, object]]:
    """A row for each environment."""
    return [row_of(keeper, *found) for found in keeper.list()]


def row_of(keeper: Keeper, kept: Kept, used: float, size: int) -> dict[str, object]:
    """What is shown of one."""
    return {
        "key": kept.key,
        "for": kept.subject,
        "manager": kept.manager,
        "python": kept.python,
        "packages": " ".join(kept.requirements),
        "megabytes": round(size / 1e6),
        "made": _day(kept.made),
        "last_used": _day(used),
        "in_use": keeper.in_use(kept.key),
    }


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


COMMANDS = (
    Command(
        "list", list_, "list the environments that were made", (OUTPUT,), "example: modelyard env list --output json"
    ),
    Command(
        "show",
        show_,
        "show one environment: what it is made of, where it is, whether it is in use",
        (option("key", metavar="KEY", help="the environment, as 'list' names it"), OUTPUT),
        "example: modelyard env show 0123456789abcdef",
    ),
    Command(
        "prune",
        prune,
        "remove environments that have not been used for some time; one in use stays",
        (
            option("--older-than", type=float, metavar="DAYS", help=f"days since its last use; default: {_DAYS:g}"),
            option("--all", action="store_true", help="every one that is not in use"),
            YES,
        ),
        "examples:\n  modelyard env prune --older-than 7\n  modelyard env prune --all --yes",
    ),
    Command(
        "remove",
        remove,
        "remove environments by their keys",
        (option("keys", nargs="+", metavar="KEY", help="the environments to remove"), YES),
        "example: modelyard env remove 0123456789abcdef --yes",
    ),
)
