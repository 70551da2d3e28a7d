"""``modelyard runs …``: MLflow's spellings and option letters."""

from __future__ import annotations

from typing import Any

from modelyard.cli.command import OUTPUT, TRACKING_URI, Arguments, Command, option
from modelyard.cli.experiments import VIEW
from modelyard.cli.printing import moment, show, show_one
from modelyard.cli.store import check_most, client_of, experiment_id, pages, view_of
from modelyard.client.calls.liveness import Liveness
from modelyard.core.entities import Run

COLUMNS = ("start_time", "run_name", "run_id", "status", "liveness", "duration", "metrics")
RUN_ID = option("-r", "--run-id", required=True, metavar="ID", help="the run's id")


def list_runs(arguments: Arguments) -> None:
    """List the runs of an experiment, the newest first."""
    client = client_of(arguments)
    check_most(arguments.max_results)
    found = list(
        pages(
            client.search_runs,
            None if arguments.stale else arguments.max_results,
            experiment_ids=[experiment_id(client, arguments)],
            filter_string=_filter_of(arguments),
            order_by=arguments.order_by or None,
            run_view_type=view_of(arguments),
        )
    )
    liveness = client.liveness(found)
    if arguments.stale:
        stale = [run for run in found if run.info.run_id in liveness and liveness[run.info.run_id].state == "stale"]
        found = stale[: arguments.max_results]
    show([_row(run, liveness.get(run.info.run_id)) for run in found], COLUMNS, arguments.output)


def describe(arguments: Arguments) -> None:
    """Show all of a run; JSON unless something else is asked for, as MLflow does."""
    client = client_of(arguments)
    run = client.get_run(arguments.run_id)
    known = client.liveness([run]).get(arguments.run_id)
    signs = {
        "liveness": known.state if known else "",
        "last_sign_of_life": moment(known.heartbeat_time) if known else "",
        "silent_seconds": known.silent_seconds if known else None,
    }
    if arguments.output == "json":
        show_one({"info": run.info.to_dictionary(), "data": _data(run)} | signs, "json")
    else:
        show_one(run.info.to_dictionary() | signs | _data(run), arguments.output)


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


def _filter_of(arguments: Arguments) -> str:
    """The filter asked for; only a run that goes on can be stale."""
    asked = arguments.filter or ""
    if not arguments.stale:
        return asked
    return f"({asked}) AND attributes.status = 'RUNNING'" if asked else "attributes.status = 'RUNNING'"


def _row(run: Run, known: Liveness | None) -> dict[str, Any]:
    ended, begun = run.info.end_time, run.info.start_time
    return {
        "start_time": moment(begun),
        "run_name": run.info.run_name,
        "run_id": run.info.run_id,
        "status": run.info.status,
        "liveness": known.state if known else "",
        "last_sign_of_life": moment(known.heartbeat_time) if known else "",
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
            option("--stale", action="store_true", help="only those that are RUNNING and give no sign of life"),
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
