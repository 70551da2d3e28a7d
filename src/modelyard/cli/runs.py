"""``modelyard runs …``: MLflow's spellings and option letters."""

from __future__ import annotations

from typing import Any

from modelyard.cli.command import OUTPUT, TRACKING_URI, Arguments, Command, option
from modelyard.cli.experiments import VIEW
from modelyard.cli.printing import moment, show, show_one
from modelyard.cli.store import client_of, experiment_id, pages, view_of
from modelyard.core.entities import Run

COLUMNS = ("start_time", "run_name", "run_id", "status", "duration", "metrics")
RUN_ID = option("-r", "--run-id", required=True, metavar="ID", help="the run's id")


def list_runs(arguments: Arguments) -> None:
    """List the runs of an experiment, the newest first."""
    client = client_of(arguments)
    found = pages(
        client.search_runs,
        arguments.max_results,
        experiment_ids=[experiment_id(client, arguments)],
        filter_string=arguments.filter or "",
        order_by=arguments.order_by or None,
        run_view_type=view_of(arguments),
    )
    show([_row(run) for run in found], COLUMNS, arguments.output)


def describe(arguments: Arguments) -> None:
    """Show all of a run; JSON unless something else is asked for, as MLflow does."""
    run = client_of(arguments).get_run(arguments.run_id)
    if arguments.output == "json":
        show_one({"info": run.info.to_dictionary(), "data": _data(run)}, "json")
    else:
        show_one(run.info.to_dictionary() | _data(run), arguments.output)


def delete(arguments: Arguments) -> None:
    """Mark a run deleted."""
    client_of(arguments).delete_run(arguments.run_id)
    print(f"Run with ID {arguments.run_id} has been deleted.")


def restore(arguments: Arguments) -> None:
    """Bring a deleted run back."""
    client_of(arguments).restore_run(arguments.run_id)
    print(f"Run with id {arguments.run_id} has been restored.")


def _data(run: Run) -> dict[str, Any]:
    return {"params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags}


def _row(run: Run) -> dict[str, Any]:
    ended, begun = run.info.end_time, run.info.start_time
    return {
        "start_time": moment(begun),
        "run_name": run.info.run_name,
        "run_id": run.info.run_id,
        "status": run.info.status,
        "duration": f"{(ended - begun) / 1000:.1f} s" if ended and begun else "",
        **_data(run),
    }


COMMANDS = (
    Command(
        "list",
        list_runs,
        "list the runs of an experiment",
        (
            option("-x", "--experiment-id", metavar="ID", help="the experiment's id"),
            option("-n", "--experiment-name", metavar="NAME", help="or its name"),
            VIEW,
            option("--filter", metavar="FILTER", help="for example: metrics.rmse < 0.8 AND params.model = 'forest'"),
            option("--order-by", nargs="+", metavar="KEY", help="for example: 'metrics.rmse ASC'"),
            option("--max-results", type=int, metavar="N", help="at most so many"),
            OUTPUT,
            TRACKING_URI,
        ),
    ),
    Command(
        "describe",
        describe,
        "show a run with its params, metrics and tags",
        (
            RUN_ID,
            option("--output", choices=("json", "table", "csv"), default="json", help="how to print"),
            TRACKING_URI,
        ),
    ),
    Command("delete", delete, "mark a run deleted", (RUN_ID, TRACKING_URI)),
    Command("restore", restore, "bring a deleted run back", (RUN_ID, TRACKING_URI)),
)
