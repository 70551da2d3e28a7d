"""``modelyard db …``: the care of a store's database."""

from __future__ import annotations

import sys
from pathlib import Path

from modelyard.cli.command import Arguments, Command, option
from modelyard.cli.server import folder_of
from modelyard.client.progress import Progress
from modelyard.core.errors import InvalidParameter
from modelyard.db.backup import restore
from modelyard.db.files import private_folder
from modelyard.db.migrate import check, current_version, latest_version
from modelyard.db.store_lock import StoreLock
from modelyard.services.stores import DATABASE, StoreOptions, Stores, find_database, open_stores
from modelyard.services.stores import folder_of as store_folder

PLACE = option(
    "place", nargs="?", default="", metavar="STORE", help="the store: a folder, or a postgresql:// URL; default ./yard"
)
STORE = option("--store", default="", metavar="STORE", help="the same as an option")


def place_of(arguments: Arguments) -> str:
    """The store that is named, once."""
    if arguments.place and arguments.store:
        raise InvalidParameter("Name the store once: as an argument or with --store.")
    return folder_of(arguments.place or arguments.store or "./yard", "STORE")


def opened(place: str) -> Stores:
    """The store, which must be there."""
    find_database(place).close()
    return open_stores(place, StoreOptions(artifacts="" if "://" not in place else "./artifacts"))


def upgrade(arguments: Arguments) -> None:
    """Bring the schema to this release's; a copy of a SQLite database is kept first."""
    place = place_of(arguments)
    database = find_database(place)
    try:
        before = current_version(database)
    finally:
        database.close()
    stores = opened(place)
    try:
        after = current_version(stores.database)
    finally:
        stores.close()
    print(f"The schema is at version {after}." if before == after else f"Upgraded from version {before} to {after}.")


def check_all(arguments: Arguments) -> int:
    """Look for damage; 1 when there is any."""
    database = find_database(place_of(arguments))
    try:
        findings = check(database)
        version, newest = current_version(database), latest_version(database.dialect)
    finally:
        database.close()
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        return 1
    print(f"The database is sound. Schema version {version} of {newest}.")
    return 0


def compact(arguments: Arguments) -> None:
    """Put all metrics in their compact form and give the space back. The store may be in use."""
    stores = opened(place_of(arguments))
    try:
        with Progress("compacting runs") as progress:
            stores.compactor.compact_all(progress.at)
    finally:
        stores.close()
    print("The metrics are compact.")


def backup(arguments: Arguments) -> None:
    """Put a consistent copy of the database beside it. The store may be in use."""
    database = find_database(place_of(arguments))
    try:
        copy = database.keep_copy("manual")
    finally:
        database.close()
    if copy is None:
        raise InvalidParameter("This store is in PostgreSQL, which has its own tools: pg_dump copies it.")
    print(copy)


def restore_copy(arguments: Arguments) -> None:
    """Make a copy the database again; what was there before is kept in a folder beside it."""
    folder = folder_of(arguments.store, "--store")
    root = store_folder(folder)
    if root is None:
        raise InvalidParameter("This store is in PostgreSQL, which has its own tools: pg_restore puts a copy back.")
    with StoreLock(private_folder(root)):
        aside = restore(root / DATABASE, Path(arguments.copy))
    print(f"The database of {root} is the copy again.")
    if aside is not None:
        print(f"What was there before is in {aside}.")


COMMANDS = (
    Command("upgrade", upgrade, "bring a store's schema to this release's", (PLACE, STORE)),
    Command("check", check_all, "look for damage in a store's database", (PLACE, STORE)),
    Command("compact", compact, "put all metrics in their compact form", (PLACE, STORE)),
    Command("backup", backup, "put a copy of a store's database beside it", (PLACE, STORE)),
    Command(
        "restore",
        restore_copy,
        "make a copy the database again",
        (
            option("copy", metavar="COPY", help="the copy, as backup and upgrades make them"),
            option("--store", default="./yard", metavar="FOLDER", help="the store's folder; no server may be using it"),
        ),
    ),
)
