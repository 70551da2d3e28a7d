"""What the answers may be, and how they are written into files. Cookiecutter loads it before anything is made (`_extensions`)."""

from __future__ import annotations

import keyword
import re
import sys
import textwrap
from collections.abc import Mapping

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
SCRIPT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,60}\.py")
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
YAML_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
LONGEST = 2000


def parameter_names(answer: str) -> list[str]:
    """The names in a list with commas; spaces and empty places do not count."""
    return [name for name in (part.strip() for part in answer.split(",")) if name]


def problem(question: str, answer: str) -> str:
    """What is wrong with an answer, and the way out; empty when nothing is."""
    if CONTROL.search(answer) or len(answer) > LONGEST:
        return f"{question} is one line of at most {LONGEST} characters."
    if question == "step_name":
        return _problem_of_step(answer)
    if question == "script_name" and not SCRIPT.fullmatch(answer):
        return (
            f"script_name {answer!r} is no name of a script: letters, digits, '_' and '-', then '.py', such as run.py."
        )
    if question == "job_type" and not NAME.fullmatch(answer):
        return f"job_type {answer!r} is no name: a letter first, then letters, digits, '_' and '-'."
    if question == "parameters":
        return _problem_of_parameters(parameter_names(answer))
    return ""


def _problem_of_step(answer: str) -> str:
    if not NAME.fullmatch(answer):
        return (
            f"step_name {answer!r} is no name of a step: a letter first, then letters, digits, '_' and '-', at most 64."
        )
    if answer.lower() in YAML_WORDS or answer.lower() == "all":
        return f"step_name {answer!r} means something else where steps are listed: choose another one."
    return ""


def _problem_of_parameters(names: list[str]) -> str:
    for place, name in enumerate(names):
        if not PARAMETER.fullmatch(name):
            return f"parameter {name!r} is no name: a letter or '_' first, then letters, digits and '_', at most 64."
        if keyword.iskeyword(name):
            return f"parameter {name!r} is a word of Python: write it otherwise, such as {name + '_'!r}."
        if name == "help":
            return "parameter 'help' is taken: every script has --help."
        if name in names[:place]:
            return f"parameter {name!r} is there twice."
    return ""


def literal(text: str) -> str:
    """A text as Python writes it, whatever is in it."""
    return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else repr(text)


def docstring(text: str, width: int = 116) -> str:
    """A text as the body of a docstring, in lines that are not too long."""
    quoted = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').strip()
    return textwrap.fill(quoted, width, break_long_words=False, break_on_hyphens=False)


def yaml_key(name: str) -> str:
    """A name as a key of YAML: some words are no texts there."""
    return f'"{name}"' if name.lower() in YAML_WORDS else name


def checked(answers: Mapping[str, str]) -> str:
    """Stop before anything is made when an answer cannot be used."""
    for question, answer in answers.items():
        found = "" if question.startswith("_") else problem(question, answer)
        if found:
            raise FailedHookException(found)
    return "yes"


class ComponentAnswers(Extension):
    """What the template's files use."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["running_python"] = f"{sys.version_info.major}.{sys.version_info.minor}"
        environment.filters |= {
            "checked": checked,
            "docstring": docstring,
            "literal": literal,
            "parameter_names": parameter_names,
            "yaml_key": yaml_key,
        }
