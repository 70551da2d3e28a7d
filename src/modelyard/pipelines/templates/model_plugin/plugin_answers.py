"""What the answers may be. Cookiecutter loads it before anything is made (`_extensions`)."""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Mapping

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

NAME = re.compile(r"[a-z](?:[a-z0-9]|[-_](?=[a-z0-9])){0,63}")
TEXT = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]{1,250}")


def problem(question: str, answer: str) -> str:
    """What is wrong with an answer, and the way out; empty when nothing is."""
    if question == "plugin_name":
        return _problem_of_name(answer)
    return "" if TEXT.fullmatch(answer) else f"{question} is one line of 1 to 250 characters."


def _problem_of_name(answer: str) -> str:
    if not NAME.fullmatch(answer):
        return (
            f"plugin_name {answer!r} is no name of a package: small letters and digits, a letter first, '-' between them,"
            " at most 64 of them."
        )
    if keyword.iskeyword(answer) or answer in sys.stdlib_module_names or answer in ("modelyard", "mlflow", "tests"):
        return f"plugin_name {answer!r} is a name of something else: choose another one, such as '{answer}-flavor'."
    return ""


def package(name: str) -> str:
    """The package of Python of a name."""
    return name.replace("-", "_")


def class_name(name: str) -> str:
    """The name as a class has it, which ends with Flavor."""
    words = [word for word in package(name).split("_") if word not in ("flavor", "modelyard")]
    return "".join(word[:1].upper() + word[1:] for word in words) + "Flavor"


def toml_text(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def docstring(text: str) -> str:
    """A text within a docstring."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def checked(answers: Mapping[str, str]) -> str:
    """Stop before anything is made when an answer cannot be used."""
    for question, answer in answers.items():
        found = "" if question.startswith("_") else problem(question, answer)
        if found:
            raise FailedHookException(found)
    return "yes"


class PluginAnswers(Extension):
    """What the template's files use."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["running_python"] = f"{sys.version_info.major}.{sys.version_info.minor}"
        environment.filters |= {
            "checked": checked,
            "class_name": class_name,
            "docstring": docstring,
            "package": package,
            "toml_text": toml_text,
        }
