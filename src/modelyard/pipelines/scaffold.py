"""New projects, components and plug-ins, from the templates in ``templates``, by cookiecutter.

The templates are cookiecutter's and work with its own command, too. Each has a module that knows what the answers to its
questions may be; cookiecutter loads it before anything is made, and so does this module, to refuse an answer when it is given.
"""

from __future__ import annotations

import importlib.util
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modelyard.core.errors import AlreadyExists, InvalidParameter, ModelyardError
from modelyard.core.extras import require

TEMPLATES = Path(__file__).with_name("templates")
"""The folder of the templates, each usable as ``cookiecutter PATH``."""

ANSWERS: Mapping[str, str] = MappingProxyType(
    {"component": "component_answers", "model_plugin": "plugin_answers", "project": "project_answers"}
)
"""Template → the module in it that knows its answers."""

_WHAT = "A template"
_PYTHON = re.compile(r"3\.\d{1,2}")


def questions(template: str) -> dict[str, str]:
    """What a template asks, with what is taken where nothing is answered, in its order."""
    asked = json.loads((TEMPLATES / template / "cookiecutter.json").read_text(encoding="utf-8"))
    return {name: default for name, default in asked.items() if not name.startswith("_")}


def problem(template: str, question: str, answer: str) -> str:
    """What is wrong with an answer, in words; empty when nothing is."""
    require("cookiecutter.main", what=_WHAT, extra="pipelines")
    module = ANSWERS[template]
    spec = importlib.util.spec_from_file_location(module, TEMPLATES / template / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    answers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(answers)
    return str(answers.problem(question, answer))


def generate(template: str, answers: Mapping[str, str], *, into: Path, python: str = "") -> Path:
    """Make what a template describes, in a new folder below ``into``; answers that folder.

    ``answers`` are texts and stay what they are: nothing in them is read as a template. ``python`` is the version of Python
    (``3.12``) that the new files ask for; this interpreter's when it is empty. Raises ``InvalidParameter`` for an answer that
    cannot be used, and ``AlreadyExists`` where there is something already; nothing is left behind then.
    """
    make = require("cookiecutter.main", what=_WHAT, extra="pipelines").cookiecutter
    errors = require("cookiecutter.exceptions", what=_WHAT, extra="pipelines")
    if python and not _PYTHON.fullmatch(python):
        raise InvalidParameter(f"{python!r} is no version of Python such as 3.12.")
    given: dict[str, Any] = {name: _verbatim(answer) for name, answer in answers.items()}
    with (
        tempfile.TemporaryDirectory() as scratch
    ):  # cookiecutter keeps what it was answered, in the home folder otherwise
        try:
            made = make(
                str(TEMPLATES / template),
                no_input=True,
                extra_context=given | ({"__python": python} if python else {}),
                output_dir=str(into),
                default_config={"replay_dir": scratch, "cookiecutters_dir": scratch},
            )
        except errors.CookiecutterException as error:
            raise _translated(error, errors) from None
    return Path(made)


def _verbatim(text: str) -> str:
    """A text as an expression of a template that is this text: cookiecutter renders the answers it is handed."""
    return "{{ " + ascii(text) + " }}"


def _translated(error: Exception, errors: Any) -> ModelyardError:
    if isinstance(error, errors.OutputDirExistsException):
        place = str(error).partition('"')[2].partition('"')[0]
        return AlreadyExists(f"There is a folder {place!r} already; nothing was changed. Choose another name.")
    return InvalidParameter(" ".join(str(error).split()))
