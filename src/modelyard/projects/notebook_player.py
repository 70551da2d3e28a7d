"""Runs one notebook: ``python notebook_player.py NOTEBOOK COPY PARAMETERS-AS-JSON``.

It is a script for the environment of a project, whose Python may be an older one and which may not have this package: it imports
papermill and nothing of ours.
"""

import sys

if __name__ == "__main__":
    sys.path.pop(0)  # this folder's modules are not the notebook's

import importlib
import json
import logging
import os
import re
import signal
import tempfile
from typing import Any, NoReturn

KERNEL = "modelyard"
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


def main(notebook: str, copy: str, parameters: str) -> int:
    """Run it; answers the exit code."""
    try:
        papermill: Any = importlib.import_module("papermill")
        traitlets: Any = importlib.import_module("traitlets.config")
    except ImportError as error:
        sys.stderr.write(f"A notebook needs papermill and ipykernel in the project's environment: {error}.\n")
        return 1
    signal.signal(signal.SIGTERM, _leave)
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.WARNING)
    logging.getLogger("papermill").setLevel(logging.INFO)
    logging.getLogger("papermill").addFilter(_is_output)
    with tempfile.TemporaryDirectory(prefix="modelyard-kernel-") as folder:
        _name_kernel(folder)
        told = _kernel_of(notebook)
        try:
            papermill.execute_notebook(
                notebook,
                copy,
                parameters=json.loads(parameters),
                kernel_name=KERNEL,
                language="python",
                progress_bar=False,
                log_output=True,
                cwd=os.path.dirname(os.path.abspath(notebook)),
                config=traitlets.Config({"KernelManager": _transport(os.path.join(folder, "kernel"))}),
            )
        except papermill.PapermillExecutionError as error:
            sys.stderr.write(f"Cell {error.exec_count} of {os.path.basename(notebook)} failed:\n")
            sys.stderr.write(_COLOURS.sub("", "\n".join(error.traceback)) + "\n")
            return 1
        finally:
            _restore_kernel(copy, told)
    return 0


def _leave(number: int, frame: Any) -> NoReturn:  # noqa: ARG001 - the signature of handlers
    """End as an exception does, so that the kernel is ended too."""
    sys.exit(128 + number)


def _is_output(record: logging.LogRecord) -> bool:
    """Of what papermill tells, only what cells print."""
    return record.funcName == "log_output_message" or record.levelno > logging.INFO


def _name_kernel(folder: str) -> None:
    """A kernel of this interpreter, under a name that nobody else uses."""
    place = os.path.join(folder, "kernels", KERNEL)
    os.makedirs(place)
    words = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    with open(os.path.join(place, "kernel.json"), "w") as file:
        json.dump({"argv": words, "display_name": "Python", "language": "python"}, file)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("JUPYTER_PATH")]))
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"


def _transport(socket: str) -> Any:
    """The kernel is reached by a socket of this user's where the system takes a path of that length."""
    return {"transport": "ipc", "ip": socket} if len(socket) < 90 else {}


def _kernel_of(notebook: str) -> Any:
    with open(notebook, encoding="utf-8") as file:
        return json.load(file).get("metadata", {}).get("kernelspec")


def _restore_kernel(copy: str, told: Any) -> None:
    """The copy names the kernel that the notebook named, so that it opens elsewhere."""
    if not os.path.isfile(copy):
        return
    with open(copy, encoding="utf-8") as file:
        document = json.load(file)
    document["metadata"]["kernelspec"] = told or {"display_name": "Python 3", "language": "python", "name": "python3"}
    document["metadata"].get("papermill", {}).update({"input_path": os.path.basename(copy), "output_path": ""})
    with open(copy, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
