"""``modelyard datasets …``: named datasets, their versions, who made and used them, and how versions differ."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from modelyard.cli.command import OUTPUT, TRACKING_URI, Arguments, Command, option
from modelyard.cli.lineage import as_rows, as_tree
from modelyard.cli.printing import as_json, moment, printable, show, show_one
from modelyard.cli.store import check_most, client_of, pages
from modelyard.client.dataset_versions.difference import Changes, compare
from modelyard.core.entities.dataset_version import DatasetVersion, NamedDataset
from modelyard.core.errors import ChangedDataset, InvalidParameter, NotFound
from modelyard.tracking import MlflowClient

COLUMNS = ("name", "type", "latest", "size", "updated", "description")
VERSION_COLUMNS = ("version", "created", "size", "kind", "digest", "aliases", "run_id")
MAX_COMPARED = 2 << 30  # bytes of two versions that are fetched to be compared

REFERENCE = option("reference", metavar="DATASET", help="NAME:v0, NAME:latest, NAME:ALIAS, or NAME for the latest")
NAME = option("name", metavar="NAME", help="the dataset's name")
MOST = option("--max-results", type=int, metavar="N", help="at most so many")
_UNITS = ("B", "KB", "MB", "GB", "TB")


def list_all(arguments: Arguments) -> None:
    """List datasets, the newest change first."""
    client = client_of(arguments)

    def search(max_results: int, page_token: str | None) -> Any:
        return client.search_named_datasets(
            arguments.contains, type=arguments.type, max_results=max_results, page_token=page_token
        )

    found = pages(search, arguments.max_results)
    rows = [each.to_dictionary() if arguments.output == "json" else _row(each) for each in found]
    show(rows, COLUMNS, arguments.output)


def show_version(arguments: Arguments) -> None:
    """Show all of a version."""
    told = client_of(arguments).get_dataset_version(arguments.reference)
    version = told.version
    row = {"reference": version.reference, "type": told.dataset.type, "description": told.dataset.description}
    row |= _version_row(version) if arguments.output == "table" else version.to_dictionary()
    show_one(row | {"uri": version.uri, "tags": {tag.key: tag.value for tag in version.tags}}, arguments.output)


def list_versions(arguments: Arguments) -> None:
    """List the versions of a dataset, the newest first."""
    client = client_of(arguments)

    def search(max_results: int, page_token: str | None) -> Any:
        return client.list_dataset_versions(arguments.name, max_results, page_token)

    found = pages(search, arguments.max_results)
    rows = [_version_row(each) if arguments.output == "table" else each.to_dictionary() for each in found]
    show(rows, VERSION_COLUMNS, arguments.output)


def lineage(arguments: Arguments) -> None:
    """Print who made and who used a dataset, or what a run made and used."""
    if bool(arguments.reference) == bool(arguments.run_id):
        raise InvalidParameter("Name a dataset, or a run with --run-id, one of both.")
    check_most(arguments.max_results)
    client = client_of(arguments)
    uses = client.get_dataset_lineage(
        arguments.reference or "", run_id=arguments.run_id or "", max_results=arguments.max_results or 1000
    )
    if arguments.output != "table":
        rows = as_rows(client, uses)
        show(rows, ("name", "version", "role", "run_id", "run_name", "at"), arguments.output)
        return
    for line in as_tree(client, uses, by_run=bool(arguments.run_id)):
        print(line)


def diff(arguments: Arguments) -> None:
    """Say how two versions differ."""
    client = client_of(arguments)
    old, new = _pair(client, arguments)
    head = {
        "before": old.reference,
        "after": new.reference,
        "size": [old.size, new.size],
        "same": old.digest == new.digest,
    }
    changes, note = Changes(), ""
    if not head["same"]:
        changes, note = _compared(client, old, new)
    if arguments.output == "json":
        print(as_json(head | changes.as_dictionary() | ({"note": note} if note else {})))
        return
    print(f"before  {_told(old)}  {sized(old.size)}  {old.digest}")
    print(f"after   {_told(new)}  {sized(new.size)}  {new.digest}")
    for line in ["the content is the same"] if head["same"] else [*_changed(changes), *([note] if note else [])]:
        print(line)


def alias(arguments: Arguments) -> None:
    """Let an alias name a version, or take it away."""
    if bool(arguments.version) == bool(arguments.delete):
        raise InvalidParameter("Name the version the alias is of, or say --delete, one of both.")
    client = client_of(arguments)
    if arguments.delete:
        client.delete_dataset_alias(arguments.name, arguments.alias)
        print(f"{arguments.name} has no alias {arguments.alias} now.")
        return
    client.set_dataset_alias(arguments.name, arguments.alias, arguments.version)
    print(f"{arguments.name}:{arguments.alias} is {arguments.name}:v{arguments.version.removeprefix('v')} now.")


def download(arguments: Arguments) -> None:
    """Bring a version to this disk, compare its digest, and say where it is."""
    print(client_of(arguments).use_dataset(arguments.reference, to=arguments.dst_path))


def log(arguments: Arguments) -> None:
    """Make a version of a file or folder, by a run that is named, or by one of its own."""
    client = client_of(arguments)
    run_id = arguments.run_id or _new_run(client, arguments)
    status = "FAILED"
    try:
        version = client.log_dataset(
            run_id,
            arguments.path,
            arguments.name or Path(arguments.path).absolute().name,
            type=arguments.type,
            description=arguments.description,
            reference=arguments.reference,
            aliases=arguments.alias or (),
        )
        status = "FINISHED"
    finally:
        if not arguments.run_id:
            client.set_terminated(run_id, status)
    print(f"{version.reference}  {sized(version.size)}  {version.digest}")


def sized(size: int) -> str:
    """A number of bytes as people write it.

    >>> sized(12), sized(34_500)
    ('12 B', '34.5 KB')
    """
    value, unit = float(size), _UNITS[0]
    for unit in _UNITS:  # the last one is used behind the loop
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{size} B" if unit == "B" else f"{value:.3g} {unit}"


def _row(dataset: NamedDataset) -> dict[str, Any]:
    last = dataset.latest
    return {
        "name": dataset.name,
        "type": dataset.type,
        "latest": f"v{last.version}" if last else "",
        "size": sized(last.size) if last else "",
        "updated": moment(dataset.updated),
        "description": dataset.description,
    }


def _version_row(version: DatasetVersion) -> dict[str, Any]:
    return {
        "version": f"v{version.version}",
        "created": moment(version.created),
        "size": sized(version.size),
        "kind": "gone" if version.is_gone else version.kind,
        "digest": version.digest,
        "aliases": version.aliases,
        "run_id": version.run_id,
    }


def _pair(client: MlflowClient, arguments: Arguments) -> tuple[DatasetVersion, DatasetVersion]:
    """The two versions: both as they are named, or one and the latest, or the latest and the one before."""
    first = client.get_dataset_version(arguments.first).version
    if arguments.second:
        return first, client.get_dataset_version(arguments.second).version
    if ":" in arguments.first:
        return first, client.get_dataset_version(first.name).version
    if first.version == 0:
        raise InvalidParameter(f"{first.name} has one version: there is nothing to compare it with.")
    return client.get_dataset_version(f"{first.name}:v{first.version - 1}").version, first


def _compared(client: MlflowClient, old: DatasetVersion, new: DatasetVersion) -> tuple[Changes, str]:
    """What differs inside, or why that cannot be said."""
    if old.size + new.size > MAX_COMPARED:
        return Changes(), f"they are not fetched to be compared: more than {sized(MAX_COMPARED)}"
    with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
        try:
            paths = [
                client.use_dataset(each.reference, to=_below(folder, place, each))
                for place, each in enumerate([old, new])
            ]
            return compare(*paths), ""
        except (ChangedDataset, NotFound) as error:
            return Changes(), f"what is inside cannot be compared: {error.message}"


def _below(folder: str, place: int, version: DatasetVersion) -> str | None:
    """A folder for a copy; None for what stays where it is."""
    return None if version.kind == "reference" else f"{folder}/{place}"


def _changed(changes: Changes) -> list[str]:
    lines = []
    if changes.rows is not None:
        lines.append(f"rows    {changes.rows[0]} → {changes.rows[1]}")
    for what, names in (
        ("column added", changes.columns_added),
        ("column removed", changes.columns_removed),
        ("file added", changes.files_added),
        ("file removed", changes.files_removed),
        ("file changed", changes.files_changed),
    ):
        lines += [f"{what}: {printable(name)}" for name in names]
    if changes.first_rows:
        lines.append(f"the figures below are of the first {changes.first_rows} rows")
    lines += [f"column {printable(name)}: {old} → {new}" for name, old, new in changes.types_changed]
    for name, old, new in changes.numbers:
        pairs = ((field, getattr(old, field), getattr(new, field)) for field in old._fields)
        told = (f"{field} {printable(a)} → {printable(b)}" for field, a, b in pairs if printable(a) != printable(b))
        lines.append(f"column {printable(name)}: {', '.join(told) or 'other values'}")
    return [*lines, *map(printable, changes.lines)]


def _told(version: DatasetVersion) -> str:
    return " ".join([version.reference, *(f"({each})" for each in version.aliases)])


def _new_run(client: MlflowClient, arguments: Arguments) -> str:
    """A run that makes the version and no more."""
    experiment_id = "0"
    if arguments.experiment_name:
        found = client.get_experiment_by_name(arguments.experiment_name)
        experiment_id = found.experiment_id if found else client.create_experiment(arguments.experiment_name)
    return client.create_run(experiment_id, run_name=f"log {Path(arguments.path).name}").info.run_id


COMMANDS = (
    Command(
        "list",
        list_all,
        "list datasets, the newest change first",
        (
            option("--contains", default="", metavar="TEXT", help="only those whose name holds a text"),
            option("--type", default="", metavar="TYPE", help="only those of a type, such as raw_data"),
            MOST,
            OUTPUT,
            TRACKING_URI,
        ),
        "example: modelyard datasets list --type raw_data",
    ),
    Command(
        "show",
        show_version,
        "show all of a version",
        (REFERENCE, OUTPUT, TRACKING_URI),
        "example: modelyard datasets show raw_data.parquet:v0",
    ),
    Command(
        "versions",
        list_versions,
        "list the versions of a dataset, the newest first",
        (NAME, MOST, OUTPUT, TRACKING_URI),
        "example: modelyard datasets versions raw_data.parquet",
    ),
    Command(
        "lineage",
        lineage,
        "print who made and who used a dataset",
        (
            option("reference", nargs="?", metavar="DATASET", help="NAME: all versions; NAME:v0, NAME:latest: one"),
            option("-r", "--run-id", metavar="ID", help="or a run: what it made and used"),
            MOST,
            OUTPUT,
            TRACKING_URI,
        ),
        "example: modelyard datasets lineage raw_data.parquet",
    ),
    Command(
        "diff",
        diff,
        "say how two versions differ: size, columns, rows, figures of columns, lines of a text",
        (
            option("first", metavar="DATASET", help="NAME:v0, or NAME for the latest and the one before"),
            option("second", nargs="?", metavar="OTHER", help="another version; default: the latest"),
            option("--output", choices=("table", "json"), default="table", help="how to print"),
            TRACKING_URI,
        ),
        "example: modelyard datasets diff raw_data.parquet:v0 raw_data.parquet:latest",
    ),
    Command(
        "alias",
        alias,
        "let an alias name a version",
        (
            NAME,
            option("alias", metavar="ALIAS", help="letters, digits, _, - and .; not latest and not v0, v1, …"),
            option("version", nargs="?", metavar="VERSION", help="a number, or v and a number"),
            option("--delete", action="store_true", help="take the alias away"),
            TRACKING_URI,
        ),
        "example: modelyard datasets alias raw_data.parquet reference v0",
    ),
    Command(
        "download",
        download,
        "bring a version to this disk and compare its digest",
        (
            REFERENCE,
            option("-d", "--dst-path", metavar="FOLDER", help="where to put it; default: a new temporary folder"),
            TRACKING_URI,
        ),
        "example: modelyard datasets download raw_data.parquet:v0 -d data",
    ),
    Command(
        "log",
        log,
        "make a version of a file or folder, unless the latest one is the same",
        (
            option("path", metavar="PATH", help="the file or folder"),
            option("-n", "--name", default="", metavar="NAME", help="the dataset's name; default: that of the file"),
            option("--type", default="", metavar="TYPE", help="what kind of data, such as raw_data"),
            option("--description", default="", metavar="TEXT", help="what it is in words"),
            option("--reference", action="store_true", help="leave the data where they are; record place and digest"),
            option("--alias", action="append", metavar="ALIAS", help="an alias of the version; as often as wanted"),
            option("-r", "--run-id", metavar="ID", help="the run that makes it; default: a new one"),
            option("--experiment-name", default="", metavar="NAME", help="the experiment of a new run"),
            TRACKING_URI,
        ),
        "example: modelyard datasets log data/raw.parquet -n raw_data.parquet --type raw_data",
    ),
)
