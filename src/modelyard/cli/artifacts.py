"""``modelyard artifacts …``: MLflow's spellings and option letters."""

from __future__ import annotations

import json

from modelyard.artifacts import download_artifacts
from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.cli.printing import show
from modelyard.cli.store import client_of
from modelyard.core.errors import InvalidParameter

RUN_ID = option("-r", "--run-id", required=True, metavar="ID", help="the run's id")
BELOW = option("-a", "--artifact-path", metavar="PATH", help="a folder below the run's artifacts")


def log_artifact(arguments: Arguments) -> None:
    """Upload a file."""
    client_of(arguments).log_artifact(arguments.run_id, arguments.local_file, arguments.artifact_path)
    print(f"Logged artifact from local file {arguments.local_file} to artifact_path={arguments.artifact_path}")


def log_artifacts(arguments: Arguments) -> None:
    """Upload what is in a folder."""
    client_of(arguments).log_artifacts(arguments.run_id, arguments.local_dir, arguments.artifact_path)
    print(f"Logged artifact from local dir {arguments.local_dir} to artifact_path={arguments.artifact_path}")


def list_artifacts(arguments: Arguments) -> None:
    """List a folder; JSON unless something else is asked for, as MLflow does."""
    files = client_of(arguments).list_artifacts(arguments.run_id, arguments.artifact_path)
    rows = [{"path": file.path, "is_dir": file.is_dir, "file_size": file.file_size} for file in files]
    if arguments.output == "json":
        print(json.dumps([{key: value for key, value in row.items() if value is not None} for row in rows]))
    else:
        show(rows, ("path", "is_dir", "file_size"), arguments.output)


def download(arguments: Arguments) -> None:
    """Download a file or folder and say where it is."""
    by_run, by_uri = arguments.run_id is not None, arguments.artifact_uri is not None
    if by_run == by_uri:
        raise InvalidParameter("Name what to download by --run-id or by --artifact-uri, one of both.")
    if by_run:
        path = client_of(arguments).download_artifacts(
            arguments.run_id, arguments.artifact_path or "", arguments.dst_path
        )
    else:
        path = download_artifacts(
            artifact_uri=arguments.artifact_uri, dst_path=arguments.dst_path, tracking_uri=arguments.tracking_uri
        )
    print(path)


COMMANDS = (
    Command(
        "log-artifact",
        log_artifact,
        "upload a file to a run",
        (
            option("-l", "--local-file", required=True, metavar="FILE", help="the file"),
            RUN_ID,
            BELOW,
            TRACKING_URI,
        ),
    ),
    Command(
        "log-artifacts",
        log_artifacts,
        "upload what is in a folder to a run",
        (
            option("-l", "--local-dir", required=True, metavar="FOLDER", help="the folder"),
            RUN_ID,
            BELOW,
            TRACKING_URI,
        ),
    ),
    Command(
        "list",
        list_artifacts,
        "list the files of a run",
        (
            RUN_ID,
            BELOW,
            option("--output", choices=("json", "table", "csv"), default="json", help="how to print"),
            TRACKING_URI,
        ),
    ),
    Command(
        "download",
        download,
        "download a file or folder",
        (
            option("-r", "--run-id", metavar="ID", help="the run's id"),
            option("-a", "--artifact-path", metavar="PATH", help="a file or folder of the run; default: all of it"),
            option(
                "-u", "--artifact-uri", metavar="URI", help="or an address: runs:/…, models:/…, mlflow-artifacts:/…"
            ),
            option("-d", "--dst-path", metavar="FOLDER", help="where to put it; default: a new temporary folder"),
            TRACKING_URI,
        ),
    ),
)
