"""Who made and used versions of datasets, as rows for programs and as a small tree for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from modelyard.cli.printing import moment, printable
from modelyard.core.entities.dataset_version import DatasetUse
from modelyard.core.errors import NotFound
from modelyard.tracking import MlflowClient

FOLLOWED = 50  # runs whose other datasets are looked up
ROLES = {"producer": "made by", "consumer": "used by"}

Node = tuple[str, list[Any]]
"""A line, and the lines below it."""


class Runs:
    """The runs of a lineage, each looked up once. Those that are gone have no name."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self._uses: dict[str, list[DatasetUse]] = {}

    def name(self, run_id: str) -> str:
        """The run's name."""
        if run_id not in self._names:
            try:
                self._names[run_id] = self._client.get_run(run_id).info.run_name or ""
            except NotFound:
                self._names[run_id] = ""
        return self._names[run_id]

    def told(self, run_id: str) -> str:
        """The run as it is printed."""
        return f"{self.name(run_id) or 'a run that is gone'}  {run_id}"

    def others(self, use: DatasetUse) -> list[str]:
        """What went into the run that made it, or came out of the one that used it."""
        if use.run_id not in self._uses and len(self._uses) < FOLLOWED:
            self._uses[use.run_id] = self._client.get_dataset_lineage(run_id=use.run_id)
        found = [each for each in self._uses.get(use.run_id, ()) if each.role != use.role]
        return list(dict.fromkeys(f"{each.name}:v{each.version}" for each in found))


def as_rows(client: MlflowClient, uses: Sequence[DatasetUse]) -> list[dict[str, Any]]:
    """A row each use."""
    runs = Runs(client)
    return [{**use.to_dictionary(), "role": use.role, "run_name": runs.name(use.run_id)} for use in uses]


def as_tree(client: MlflowClient, uses: Sequence[DatasetUse], *, by_run: bool) -> Iterator[str]:
    """The lines of a tree: versions with the runs that made and used them, or a run with what it made and used."""
    runs = Runs(client)
    if not uses:
        yield "nobody made or used it"
        return
    if by_run:
        yield runs.told(uses[0].run_id)
        yield from _branches(
            [(f"{'made' if use.role == 'producer' else 'used'}  {use.name}:v{use.version}", []) for use in uses]
        )
        return
    versions = dict.fromkeys((use.name, use.version) for use in sorted(uses, key=lambda use: use.version))
    for name, version in versions:
        yield f"{printable(name)}:v{version}"
        own = [use for use in uses if (use.name, use.version) == (name, version)]
        yield from _branches([_node(use, runs) for use in sorted(own, key=lambda use: use.role == "consumer")])


def _node(use: DatasetUse, runs: Runs) -> Node:
    word = "from" if use.role == "producer" else "into"
    line = f"{ROLES[use.role]}  {printable(runs.told(use.run_id))}  {moment(use.at)}"
    return line, [(f"{word}  {printable(other)}", []) for other in runs.others(use)]


def _branches(nodes: Sequence[Node], before: str = "") -> Iterator[str]:
    for place, (line, below) in enumerate(nodes):
        is_last = place == len(nodes) - 1
        yield f"{before}{'└─' if is_last else '├─'} {line}"
        yield from _branches(below, before + ("   " if is_last else "│  "))
