"""What several groups ask: the client for the store that was named, and a word before what cannot be undone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from modelyard.cli.command import Arguments
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.tracking import MlflowClient

VIEWS = {"active_only": 1, "deleted_only": 2, "all": 3}


def client_of(arguments: Arguments) -> MlflowClient:
    """A client of the tracking URI on the command line, or of the environment's."""
    return MlflowClient(tracking_uri=arguments.tracking_uri)


def experiment_id(client: MlflowClient, arguments: Arguments) -> str:
    """The experiment named by ``-x`` or ``-n``; exactly one of both is given."""
    by_id, by_name = arguments.experiment_id, arguments.experiment_name
    if bool(by_id) == bool(by_name):
        raise InvalidParameter("Name the experiment by --experiment-id or by --experiment-name, one of both.")
    if by_id:
        return str(by_id)
    found = client.get_experiment_by_name(by_name)
    if found is None:
        raise NotFound(f"There is no experiment named {by_name!r}. List them with: modelyard experiments search")
    return str(found.experiment_id)


def view_of(arguments: Arguments) -> int:
    """MLflow's number of a view."""
    return VIEWS[arguments.view]


def pages(search: Any, most: int | None, **query: Any) -> Iterator[Any]:
    """All results of a search, page by page, at most ``most``."""
    check_most(most)
    token: str | None = None
    left = most
    while left is None or left > 0:
        page = search(max_results=min(left or 1000, 1000), page_token=token, **query)
        yield from page
        left = None if left is None else left - len(page)
        token = page.token
        if not token:
            return


def check_most(most: int | None) -> None:
    """Refuse to show less than one."""
    if most is not None and most < 1:
        raise InvalidParameter(f"--max-results {most}: ask for 1 or more.")


def confirm(question: str, *, yes: bool) -> bool:
    """Ask; without a terminal the answer must be given as ``--yes``."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InvalidParameter(f"{question} Say --yes to do it without being asked.")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
