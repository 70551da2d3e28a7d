"""``modelyard experiments …``: MLflow's spellings and option letters."""

from __future__ import annotations

import csv
import sys
from typing import Any

from modelyard.cli.command import OUTPUT, TRACKING_URI, Arguments, Command, option
from modelyard.cli.printing import guarded, moment, show, show_one
from modelyard.cli.store import client_of, experiment_id, pages, view_of
from modelyard.client.progress import Progress
from modelyard.core.entities import Experiment, Run

COLUMNS = ("experiment_id", "name", "lifecycle_stage", "last_update", "artifact_location")
_INFO = ("run_id", "run_name", "status", "start_time", "end_time", "artifact_uri", "user_id", "lifecycle_stage")

BY_ID = option("-x", "--experiment-id", required=True, metavar="ID", help="the experiment's id")
VIEW = option(
    "-v", "--view", choices=("active_only", "deleted_only", "all"), default="active_only", help="which stages"
)


def create(arguments: Arguments) -> None:
    """Make an experiment and say its id."""
    made = client_of(arguments).create_experiment(arguments.experiment_name, arguments.artifact_location)
    print(f"Created experiment '{arguments.experiment_name}' with id {made}")


def search(arguments: Arguments) -> None:
    """List experiments."""
    client = client_of(arguments)
    found = pages(
        client.search_experiments,
        arguments.max_results,
        view_type=view_of(arguments),
        filter_string=arguments.filter or None,
    )
    show([_row(experiment) for experiment in found], COLUMNS, arguments.output)


def get(arguments: Arguments) -> None:
    """Show one experiment."""
    client = client_of(arguments)
    show_one(_row(client.get_experiment(experiment_id(client, arguments))), arguments.output)


def delete(arguments: Arguments) -> None:
    """Mark an experiment deleted."""
    client_of(arguments).delete_experiment(arguments.experiment_id)
    print(f"Experiment with ID {arguments.experiment_id} has been deleted.")


def restore(arguments: Arguments) -> None:
    """Bring a deleted experiment back."""
    client_of(arguments).restore_experiment(arguments.experiment_id)
    print(f"Experiment with id {arguments.experiment_id} has been restored.")


def rename(arguments: Arguments) -> None:
    """Rename an experiment."""
    client_of(arguments).rename_experiment(arguments.experiment_id, arguments.new_name)
    print(f"Experiment with id {arguments.experiment_id} has been renamed to '{arguments.new_name}'.")


def export(arguments: Arguments) -> None:
    """Write all runs of an experiment as CSV: one column a param, metric and tag."""
    client = client_of(arguments)
    client.get_experiment(arguments.experiment_id)
    rows: list[dict[str, Any]] = []
    with Progress("reading runs") as progress:
        for run in pages(client.search_runs, None, experiment_ids=[arguments.experiment_id]):
            rows.append(_flat(run))
            progress.at(len(rows))
    columns = list(dict.fromkeys([*_INFO, *sorted({key for row in rows for key in row})]))
    if arguments.filename is None:
        _write(rows, columns, sys.stdout)
        return
    with open(arguments.filename, "w", newline="", encoding="utf-8") as out:
        _write(rows, columns, out)
    print(f"Experiment with ID {arguments.experiment_id} has been exported as a CSV to file: {arguments.filename}.")


def _write(rows: list[dict[str, Any]], columns: list[str], out: Any) -> None:
    writer = csv.DictWriter(out, fieldnames=columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: guarded(value) for key, value in row.items()} for row in rows)


def _flat(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(run.info, name) for name in _INFO}
    row |= {f"metrics.{key}": value for key, value in run.data.metrics.items()}
    row |= {f"params.{key}": value for key, value in run.data.params.items()}
    return row | {f"tags.{key}": value for key, value in run.data.tags.items()}


def _row(experiment: Experiment) -> dict[str, Any]:
    return {
        "experiment_id": experiment.experiment_id,
        "name": experiment.name,
        "lifecycle_stage": experiment.lifecycle_stage,
        "last_update": moment(experiment.last_update_time),
        "artifact_location": experiment.artifact_location,
        "creation_time": experiment.creation_time,
        "last_update_time": experiment.last_update_time,
        "tags": experiment.tags,
    }


COMMANDS = (
    Command(
        "create",
        create,
        "make an experiment",
        (
            option("-n", "--experiment-name", required=True, metavar="NAME", help="the experiment's name"),
            option(
                "-l", "--artifact-location", metavar="URI", help="where its artifacts go; default: the store's root"
            ),
            TRACKING_URI,
        ),
    ),
    Command(
        "search",
        search,
        "list experiments",
        (
            VIEW,
            option("--filter", metavar="FILTER", help="for example: name LIKE 'wine%%' AND tags.team = 'a'"),
            option("--max-results", type=int, metavar="N", help="at most so many"),
            OUTPUT,
            TRACKING_URI,
        ),
    ),
    Command(
        "get",
        get,
        "show an experiment",
        (
            option("-x", "--experiment-id", metavar="ID", help="the experiment's id"),
            option("-n", "--experiment-name", metavar="NAME", help="or its name"),
            OUTPUT,
            TRACKING_URI,
        ),
    ),
    Command("delete", delete, "mark an experiment and its runs deleted", (BY_ID, TRACKING_URI)),
    Command("restore", restore, "bring a deleted experiment and its runs back", (BY_ID, TRACKING_URI)),
    Command(
        "rename",
        rename,
        "rename an experiment",
        (BY_ID, option("--new-name", required=True, metavar="NAME", help="the new name"), TRACKING_URI),
    ),
    Command(
        "csv",
        export,
        "write all runs of an experiment as CSV",
        (
            BY_ID,
            option("-o", "--filename", metavar="FILE", help="file to write; default: standard output"),
            TRACKING_URI,
        ),
    ),
)
