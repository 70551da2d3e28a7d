"""``modelyard sweep …``: many runs of one project, with a value for each override, kept as runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from modelyard import set_tracking_uri
from modelyard.cli.command import OUTPUT, TRACKING_URI, Arguments, Command, option
from modelyard.cli.printing import moment, show, show_one
from modelyard.cli.store import check_most, client_of, pages
from modelyard.pipelines.sweeps.contract import Trial
from modelyard.pipelines.sweeps.plan import Wanted, draft, draft_again, draft_pipeline, is_pipeline
from modelyard.pipelines.sweeps.record import KEY, KIND, SIZE, Record, best_of
from modelyard.pipelines.sweeps.results import best as best_trial
from modelyard.pipelines.sweeps.results import stored_importance
from modelyard.pipelines.sweeps.sweep import Begun, SweepJob, begin, describe, resume
from modelyard.projects.fetch import fetch
from modelyard.projects.parameters import parse_pairs
from modelyard.projects.request import Request
from modelyard.projects.spec import read

_MOST_SHOWN = 100
_MAIN = "main"
ID = option("id", metavar="ID", help="the run of the sweep")


def run(arguments: Arguments) -> int:
    """Run a sweep, or go on with the unfinished one of the same words; 1 when a trial failed."""
    _track(arguments)
    request = Request(
        uri=arguments.uri,
        entry_point=arguments.entry_point,
        version=arguments.version,
        parameters=parse_pairs(arguments.param_list or ()),
        experiment_name=arguments.experiment_name,
        experiment_id=arguments.experiment_id,
        run_name=arguments.run_name,
        env_manager="local" if arguments.no_conda else arguments.env_manager,
        storage_dir=arguments.storage_dir,
    )
    wanted = Wanted(
        overrides=arguments.overrides or [],
        option=arguments.option or "",
        sampler=arguments.sampler,
        trials=arguments.trials,
        metric=arguments.metric or "",
        direction="minimize" if arguments.minimize else "maximize",
        prune=arguments.prune,
        seed=arguments.seed,
        engine=arguments.engine,
        jobs=arguments.jobs,
        new=arguments.new_sweep,
    )
    storage = Path(arguments.storage_dir) if arguments.storage_dir else None
    with fetch(request.uri, request.version, storage) as fetched:
        if request.entry_point == _MAIN and is_pipeline(fetched.folder):
            drafted = draft_pipeline(request, fetched.folder, wanted)
        else:
            drafted = draft(request, read(fetched.folder, name=fetched.name), wanted)
        if arguments.dry_run:
            print(describe(drafted))
            return 0
        return _to_the_end(begin(drafted))


def go_on(arguments: Arguments) -> int:
    """Run what is left of a sweep: trials that failed, were ended, or were never begun."""
    _track(arguments)
    record = Record.open(client_of(arguments), arguments.id)
    wanted = Wanted(engine=arguments.engine, jobs=arguments.jobs)
    with fetch(record.plan.uri, record.version or None) as fetched:
        drafted = draft_again(record.plan, fetched.folder, wanted)
        return _to_the_end(resume(drafted, record, force=arguments.take_over))


def list_sweeps(arguments: Arguments) -> None:
    """List sweeps, the newest first."""
    check_most(arguments.max_results)
    client = client_of(arguments)
    if arguments.experiment_name:
        named = client.get_experiment_by_name(arguments.experiment_name)
        experiments = [named.experiment_id] if named else []
    else:
        experiments = [each.experiment_id for each in pages(client.search_experiments, None)]
    found: list[Any] = []
    if experiments:
        query = {"filter_string": f"tags.`{KIND}` = 'sweep'", "order_by": ["attributes.start_time DESC"]}
        found = list(pages(client.search_runs, arguments.max_results, experiment_ids=experiments, **query))
    show([_sweep_row(client, each) for each in found], _SWEEPS, arguments.output)


def show_sweep(arguments: Arguments) -> None:
    """Show a sweep: its trials, the best one, and what mattered."""
    record = Record.open(client_of(arguments), arguments.id)
    plan, trials = record.plan, record.trials()
    rows = [_trial_row(trial) for trial in trials.values()]
    if arguments.output != "table":
        show(rows, _TRIALS, arguments.output)
        return
    filled = [column for column in _TRIALS if any(row[column] not in ("", None, {}) for row in rows)]
    show(rows, filled or _TRIALS, "table")
    found = best_of(plan, trials)
    if found is not None:
        print(f"\nbest: {plan.metric} = {found.value:.6g}, trial {found.number}, run {found.run_id}")
        told = stored_importance(record)
        if told.shares:
            print(
                f"what mattered ({told.method}): "
                + ", ".join(f"{key} {share:.0%}" for key, share in told.shares.items())
            )


def best(arguments: Arguments) -> None:
    """Print the best trial of a sweep."""
    _track(arguments)
    found = best_trial(arguments.id, metric=arguments.metric or "", minimize=arguments.minimize)
    row = {"run_id": found.run_id, "trial": found.number, "value": found.value, "values": found.values}
    if arguments.output == "table":
        show_one({**{key: value for key, value in row.items() if key != "values"}, **found.values}, "table")
    else:
        show_one(row, arguments.output)


def _to_the_end(begun: Begun) -> int:
    """Wait for a sweep; Ctrl-C and SIGTERM end what runs, and leave the rest for another time."""
    job = SweepJob(begun, sys.stderr)
    try:
        job.wait()
    except BaseException:
        job.cancel()
        print(f"to go on: modelyard sweep resume {begun.record.run_id}", file=sys.stderr)
        raise
    outcome = job.outcome()
    print(outcome.run_id)
    return 0 if outcome.state == "FINISHED" else 1


def _track(arguments: Arguments) -> None:
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)


def _trial_row(trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "values": trial.values,
        "state": trial.state,
        "value": trial.value,
        "seconds": round(trial.seconds, 3),
        "run_id": trial.run_id,
        "why": trial.why,
    }


def _sweep_row(client: Any, run: Any) -> dict[str, Any]:
    record = Record.open(client, run.info.run_id)
    trials = record.trials()
    found = best_of(record.plan, trials)
    done = sum(trial.is_done for trial in trials.values())
    size = run.data.tags.get(SIZE, "?")
    return {
        "start_time": moment(run.info.start_time),
        "run_id": run.info.run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "done": f"{done}/{size}",
        "metric": record.plan.metric,
        "best": None if found is None else found.value,
        "sampler": record.plan.sampler,
        "key": run.data.tags.get(KEY, ""),
    }


_TRIALS = ("trial", "values", "state", "value", "seconds", "run_id", "why")
_SWEEPS = ("start_time", "run_id", "name", "status", "done", "metric", "best", "sampler")
_JOBS = option("-j", "--jobs", type=int, metavar="N", help="trials at once; default: one for each processor")
_ENGINE = option(
    "--engine",
    choices=("local", "ray"),
    default="local",
    help="processes here, or tasks of Ray (RAY_ADDRESS, else one made here)",
)
_METRIC = option(
    "--metric", metavar="NAME", help="what trials are compared by: the last value in a trial's run or in one below it"
)
_LESS = option("--minimize", action="store_true", help="less of it is better")
_WHAT = (
    option("uri", metavar="URI", help="a project: a folder, or an address of Git"),
    option("-e", "--entry-point", default=_MAIN, metavar="NAME", help="its entry point"),
    option("-v", "--version", metavar="VERSION", help="a branch, tag or commit of a project in Git"),
    option("-P", "--param-list", action="append", metavar="NAME=VALUE", help="a parameter that stays; any number of them"),
    option(
        "-o", "--override", dest="overrides", action="append", metavar="KEY=VALUES",
        help="what varies, in Hydra's grammar: a=1,2 a=range(1,10,2) a=interval(0,1) a=tag(log,interval(0.001,1))",
    ),
    option("--option", metavar="NAME", help="the parameter whose words are overrides; default: the one of $(echo {NAME})"),
    option("--experiment-name", metavar="NAME", help="the experiment of its runs"),
    option("--experiment-id", metavar="ID", help="the same by id"),
    option("--run-name", metavar="NAME", help="the name of the sweep's run"),
    option("--env-manager", choices=("local", "uv", "virtualenv", "conda"), help="who makes the environment, once"),
    option("--no-conda", action="store_true", help="the same as --env-manager local"),
    option("--storage-dir", metavar="DIR", help="where what is fetched lies"),
)  # fmt: skip
_HOW = (
    option("--sampler", default="grid", metavar="NAME", help="who thinks of trials: grid, random, tpe, or a plug-in's"),
    option("--trials", type=int, metavar="N", help="how many; default: all combinations"),
    _METRIC,
    _LESS,
    option("--maximize", dest="minimize", action="store_false", help="more of it is better, which is the default"),
    option(
        "--prune", action="store_true", help="end trials that do worse than the median of the others at the same step"
    ),
    option("--seed", type=int, default=42, metavar="N", help="of what is drawn by chance"),
    _JOBS,
    _ENGINE,
    option("--dry-run", action="store_true", help="say how many trials there are, and start none"),
    option(
        "--new-sweep", action="store_true", help="begin anew, though there is an unfinished sweep of the same words"
    ),
    TRACKING_URI,
)

COMMANDS = (
    Command(
        "run",
        run,
        "run a project once for each combination of values, or go on with such a sweep",
        (*_WHAT, *_HOW),
        "examples:\n"
        "  modelyard sweep run . -o alpha=0.1,0.5,1 -o 'l1_ratio=range(0,1,0.25)' --metric rmse --minimize\n"
        "  modelyard sweep run . -P steps=train -o 'modeling.depth=interval(2,20)' --sampler tpe --trials 50 --metric r2",
    ),
    Command(
        "list",
        list_sweeps,
        "list sweeps, the newest first",
        (
            option("--experiment-name", metavar="NAME", help="those of one experiment"),
            option("--max-results", type=int, default=_MOST_SHOWN, metavar="N", help="at most so many"),
            OUTPUT,
            TRACKING_URI,
        ),
    ),
    Command(
        "show", show_sweep, "show the trials of a sweep, the best one, and what mattered", (ID, OUTPUT, TRACKING_URI)
    ),
    Command(
        "best",
        best,
        "print the best trial of a sweep: its run and its values",
        (ID, _METRIC, _LESS, OUTPUT, TRACKING_URI),
        "example: modelyard sweep best 5c8a… --metric r2",
    ),
    Command(
        "resume",
        go_on,
        "run what is left of a sweep: what failed, was ended, or was never begun",
        (
            ID,
            _JOBS,
            _ENGINE,
            option("--take-over", action="store_true", help="also when it seems to run on another machine"),
            TRACKING_URI,
        ),
    ),
)
