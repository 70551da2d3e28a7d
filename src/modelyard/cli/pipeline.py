"""``modelyard pipeline``: run a pipeline that is declared in a file; see what would run, and why."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import msgspec

from modelyard import set_tracking_uri
from modelyard.cli.command import TRACKING_URI, Arguments, Command, Option, option
from modelyard.cli.printing import as_json, printable, show
from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.execute import execute, plan
from modelyard.pipelines.graph import Graph
from modelyard.pipelines.picture import draw
from modelyard.pipelines.prepare import prepare
from modelyard.pipelines.read import read
from modelyard.pipelines.show import Lines, Watcher, watcher
from modelyard.pipelines.spec import EVERY, Options, Reason


def run(arguments: Arguments) -> int | None:
    """Run it, and show how it goes on; answers 1 when a step failed."""
    if arguments.dry_run:
        show_plan(arguments)
        return None
    options = _options(arguments)
    prepared = prepare(Path(arguments.pipeline), arguments.override, options)
    result = execute(prepared, _watcher(arguments))
    if arguments.output == "json":
        print(as_json(msgspec.to_builtins(result)))
    return 0 if result.status == "FINISHED" else 1


def show_plan(arguments: Arguments) -> None:
    """Print which steps would run."""
    reasons = _reasons(arguments)
    rows = [msgspec.to_builtins(reason) for reason in reasons]
    show(rows, ("step", "action", "why"), arguments.output)
    if arguments.output == "table":
        print(f"{sum(reason.action == 'run' for reason in reasons)} of {len(reasons)} steps would run.")


def explain(arguments: Arguments) -> None:
    """Say for each step why it would run or be skipped."""
    reasons = _reasons(arguments)
    if arguments.output == "json":
        print(as_json([msgspec.to_builtins(reason) for reason in reasons]))
        return
    width = max(len(reason.step) for reason in reasons)
    for reason in reasons:
        print(f"{reason.step:<{width}}  {'runs' if reason.action == 'run' else 'is skipped'}: {printable(reason.why)}")


def graph(arguments: Arguments) -> None:
    """Print the steps and what each follows, or write the picture."""
    pipeline = read(Path(arguments.pipeline), arguments.override)
    found = Graph(pipeline)
    if arguments.out:
        Path(arguments.out).write_text(draw(pipeline, found), encoding="utf-8")
        print(f"Wrote {arguments.out}.")
        return
    rows = [
        {
            "step": name,
            "after": list(found.needs[name]),
            "reads": list(pipeline.steps[name].inputs.values()),
            "makes": [output.dataset for output in pipeline.steps[name].outputs.values()],
            "project": pipeline.steps[name].project,
        }
        for name in found.order
    ]
    show(rows, ("step", "after", "reads", "makes", "project"), arguments.output)


def _reasons(arguments: Arguments) -> list[Reason]:
    return plan(arguments.pipeline, overrides=arguments.override, options=_options(arguments))


def _options(arguments: Arguments) -> Options:
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    return Options(
        only=_names("--only", arguments.only),
        start=arguments.start,
        force=(EVERY,) if arguments.force == EVERY else _names("--force", arguments.force),
        jobs=arguments.jobs,
        resume=arguments.resume,
        env_manager="local" if arguments.no_conda else arguments.env_manager,
        experiment_name=arguments.experiment_name,
        verbose=arguments.verbose,
    )


def _names(flag: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    if not all(names):
        raise InvalidParameter(f"{flag} {text}: write the names of steps, by comma: {flag} clean,train.")
    return names


def _watcher(arguments: Arguments) -> Watcher:
    if arguments.verbose:  # what steps say is between the lines
        return Lines(sys.stderr)
    return watcher(sys.stderr, columns=shutil.get_terminal_size().columns)


_PIPELINE = option(
    "pipeline",
    nargs="?",
    default=os.curdir,
    metavar="FILE|FOLDER",
    help="a pipeline.yaml, a config.yaml with 'pipeline:' in it, or a folder that has one",
)
_OVERRIDE = option(
    "-o",
    "--override",
    action="append",
    default=[],
    metavar="KEY=VALUE",
    help="change a value that ${…} refer to, as Hydra writes it; may be repeated",
)
_OUTPUT = option("--output", choices=("table", "json"), default="table", help="for people, or JSON for programs")
_CHOICE: tuple[Option, ...] = (
    _PIPELINE,
    _OVERRIDE,
    option("--only", default="", metavar="STEPS", help="these steps and no other, by comma"),
    option(
        "--from",
        dest="start",
        default="",
        metavar="STEP",
        help="begin at this step: it and all that follow it run again, whatever is kept",
    ),
    option(
        "--force",
        nargs="?",
        const=EVERY,
        default="",
        metavar="STEPS",
        help="run these steps whatever is kept; without names: all. Give FILE before it",
    ),
    option("--jobs", type=int, default=Options().jobs, metavar="N", help="how many steps run at once"),
    option(
        "--resume",
        default="",
        metavar="RUN",
        help="take the steps that ended well from an earlier run, also those with 'cache: false'",
    ),
    option(
        "--env-manager",
        choices=("local", "uv", "virtualenv", "conda"),
        help="what makes the environments of steps; default: what they declare",
    ),
    option("--no-conda", action="store_true", help="the same as --env-manager local"),
    option("--experiment-name", default="", metavar="NAME", help="the experiment of the runs"),
    option("-v", "--verbose", action="store_true", help="show what steps say"),
    _OUTPUT,
    TRACKING_URI,
)

COMMANDS = (
    Command(
        "run",
        run,
        "run the steps of a pipeline, in the order of what they read and make; what has not changed is skipped",
        (*_CHOICE, option("--dry-run", action="store_true", help="print what would run, and run nothing")),
        "examples:\n"
        "  modelyard pipeline run\n"
        "  modelyard pipeline run pipeline.yaml -o modeling.depth=3 --jobs 4\n"
        "  modelyard pipeline run --only clean,train\n"
        "  modelyard pipeline run --from clean",
    ),
    Command(
        "plan",
        show_plan,
        "print which steps would run and which would be skipped; nothing runs",
        _CHOICE,
        "example: modelyard pipeline plan -o modeling.depth=3",
    ),
    Command(
        "explain",
        explain,
        "say for each step why it would run or be skipped: what changed, and since which run",
        _CHOICE,
        "example: modelyard pipeline explain",
    ),
    Command(
        "graph",
        graph,
        "print the steps and what each follows, or draw them",
        (
            _PIPELINE,
            _OVERRIDE,
            option("--out", default="", metavar="FILE", help="write the picture, an SVG file"),
            _OUTPUT,
        ),
        "example: modelyard pipeline graph --out pipeline.svg",
    ),
)
