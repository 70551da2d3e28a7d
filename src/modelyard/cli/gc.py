"""``modelyard gc``: MLflow's spelling, on a store."""

from __future__ import annotations

import re

from modelyard.cli.command import YES, Arguments, Command, option
from modelyard.cli.db import opened
from modelyard.cli.server import folder_of
from modelyard.cli.store import confirm
from modelyard.client.progress import Progress
from modelyard.core import failpoints
from modelyard.core.clock import SystemClock
from modelyard.core.errors import InvalidParameter
from modelyard.server.upkeep import SWEEP_AGE, Sweepable
from modelyard.services.stores import Stores

AT_ONCE = 200  # folders that are noted as gone in one transaction

_AGE = re.compile(r"(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?")
_UNITS = (86_400_000, 3_600_000, 60_000, 1_000)


def gc(arguments: Arguments) -> int:
    """Remove deleted experiments, runs and models for good, with their files."""
    now = SystemClock().now_ms()
    before = now - milliseconds(arguments.older_than)
    stores = opened(folder_of(arguments.store, "--store"))
    try:
        question = f"Remove for good all that was deleted in {arguments.store}"
        question += f" more than {arguments.older_than} ago?" if arguments.older_than else "?"
        if not confirm(question, yes=arguments.yes):
            print("Nothing was removed.")
            return 1
        gone = stores.tracking.purge(before, with_datasets=arguments.with_datasets)
        remove_files(stores)
        if isinstance(stores.artifacts, Sweepable):
            stores.artifacts.sweep(SWEEP_AGE, now / 1000)
    finally:
        stores.close()
    print(f"Removed {len(gone.experiments)} experiments, {len(gone.runs)} runs and {len(gone.models)} logged models.")
    if gone.kept:
        print(
            f"{len(gone.kept)} deleted runs stay, because versions of datasets are among their artifacts:"
            f" {', '.join(gone.kept[:5])}{', …' if len(gone.kept) > 5 else ''}. --with-datasets removes them too."
        )
    return 0


def remove_files(stores: Stores) -> None:
    """Remove the files of what was purged, now or by a call that did not come to its end."""
    reach = failpoints.at("inside-gc")
    keys = stores.tracking.leftovers()
    with Progress("removing files", len(keys)) as progress:
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            for number, key in enumerate(some, start + 1):
                reach()
                stores.artifacts.delete(key)
                progress.at(number)
            stores.tracking.forget_leftovers(some)


def milliseconds(age: str) -> int:
    """An age as MLflow writes it, such as ``1d2h3m4s``, in milliseconds; nothing is 0.

    >>> milliseconds("1d2h")
    93600000
    """
    match = _AGE.fullmatch(age.strip())
    if match is None:
        raise InvalidParameter(
            f"--older-than {age!r} is no age. Write days, hours, minutes, seconds, such as 1d2h30m0s."
        )
    return sum(int(number or 0) * unit for number, unit in zip(match.groups(), _UNITS, strict=True))


COMMANDS = (
    Command(
        "gc",
        gc,
        "remove deleted experiments and runs for good",
        (
            option(
                "--store",
                "--backend-store-uri",
                default="./yard",
                metavar="PLACE",
                help="the store: a folder, or a postgresql:// URL",
            ),
            option(
                "--older-than", default="", metavar="AGE", help="only what was deleted longer ago, such as 30d or 1h30m"
            ),
            option(
                "--with-datasets",
                action="store_true",
                help="also the runs whose artifacts are versions of datasets; these are marked as gone",
            ),
            YES,
        ),
    ),
)
