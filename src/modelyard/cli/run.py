"""``modelyard run``: a project, as MLflow's command of this name runs it."""

from __future__ import annotations

import signal

from modelyard import set_tracking_uri
from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.client.exits import Terminated
from modelyard.projects.parameters import parse_flags, parse_pairs
from modelyard.projects.run import Request, describe, perform, read_config

_EXAMPLES = """examples:
  modelyard run . -P alpha=0.5                     the entry point 'main' of the project in this folder
  modelyard run . -e validate -P data_file=d.csv   another entry point
  modelyard run steps/clean -e clean.py            a script; its parameters arrive as --name value
  modelyard run https://host/me/wine.git -v 1.0.0  a repository at a tag, a branch or a commit
  modelyard run git@host:me/wine.git#steps/train   a folder of a repository
  modelyard run . --dry-run                        what would run, and in which environment
  modelyard run . -P hydra_options="depth=2,4,8 -m" --jobs 2
                                                   a sweep, where the project hands these words to Hydra"""


def run(arguments: Arguments) -> int:
    """Run it and wait; the project's output goes where it would go without us, what we say goes to stderr."""
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    request = request_of(arguments)
    if request.dry_run:
        print(describe(request))
        return 0
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup has it ignored
        signal.signal(signal.SIGHUP, _on_hangup)
    perform(request)
    return 0


def request_of(arguments: Arguments) -> Request:
    """What the command line asks for."""
    return Request(
        uri=arguments.uri,
        entry_point=arguments.entry_point,
        version=arguments.version,
        parameters=parse_pairs(arguments.param_list or ()),
        docker_args=parse_flags(arguments.docker_args or ()),
        build_image=arguments.build_image,
        experiment_name=arguments.experiment_name,
        experiment_id=arguments.experiment_id,
        run_name=arguments.run_name,
        run_id=arguments.run_id,
        env_manager="local" if arguments.no_conda else arguments.env_manager,
        allow_urls=arguments.allow_urls,
        backend=arguments.backend,
        backend_config=read_config(arguments.backend_config),
        storage_dir=arguments.storage_dir,
        jobs=arguments.jobs,
        new_sweep=arguments.new_sweep,
        dry_run=arguments.dry_run,
        quiet=arguments.quiet,
    )


def _on_hangup(number: int, *_: object) -> None:
    """The terminal is gone: end as with SIGTERM."""
    raise Terminated(128 + number)


_WHAT = (
    option(
        "uri",
        metavar="URI",
        help="a folder, or a Git repository: https://…, ssh://…, git@host:path; #FOLDER for one in it",
    ),
    option(
        "-e", "--entry-point", default="main", metavar="NAME", help="the entry point, or a script of that file name"
    ),
    option("-v", "--version", metavar="VERSION", help="a branch, a tag or a commit of the repository"),
    option(
        "-P",
        "--param-list",
        action="append",
        metavar="NAME=VALUE",
        help="a parameter; may be repeated. One that the entry point does not declare is passed on as --NAME VALUE",
    ),
)
_RUN = (
    option("--experiment-name", metavar="NAME", help="the run's experiment, made when it is new"),
    option("--experiment-id", metavar="ID", help="the same by id"),
    option("--run-name", metavar="NAME", help="the run's name; default: the project's"),
    option("--run-id", metavar="ID", help="log to this run, which exists, instead of a new one"),
    TRACKING_URI,
)
_PLACE = (
    option(
        "--env-manager",
        choices=("local", "uv", "virtualenv", "conda"),
        help="what makes the environment; default: what the project declares, with uv where it is installed; local: none",
    ),
    option("--no-conda", action="store_true", help="the same as --env-manager local"),
    option(
        "--allow-urls",
        action="store_true",
        help="let the project require packages by address, from folders, editable, or from another index",
    ),
    option("-b", "--backend", default="local", metavar="NAME", help="where it runs: local, docker, ray, kubernetes"),
    option(
        "-c",
        "--backend-config",
        metavar="JSON",
        help="the backend's configuration: a JSON object, or the path of a file ….json",
    ),
    option(
        "-A",
        "--docker-args",
        action="append",
        metavar="NAME[=VALUE]",
        help="an option of 'docker run', such as -A gpus=all; may be repeated",
    ),
    option(
        "--build-image",
        action="store_true",
        help="make an image with the project's files in it, instead of mounting them",
    ),
    option(
        "--storage-dir",
        metavar="FOLDER",
        help="where repositories and fetched parameters are put for the time of the run",
    ),
)
_HOW = (
    option("--jobs", type=int, metavar="N", help="trials of a sweep in work at once; default: one for each processor"),
    option("--new-sweep", action="store_true", help="begin another sweep where the same one is unfinished"),
    option("--dry-run", action="store_true", help="say what would run; start and store nothing"),
    option("-q", "--quiet", action="store_true", help="show nothing of the project's output; it is kept with the run"),
)

COMMANDS = (
    Command(
        "run",
        run,
        "run a project from a folder or from Git, in its environment, as a tracked run",
        (*_WHAT, *_RUN, *_PLACE, *_HOW),
        _EXAMPLES,
    ),
)
