"""What the answers may be. Cookiecutter loads it before anything is made (`_extensions`)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
BUNDLED = ("breast_cancer", "diabetes", "iris", "wine")
TEXT = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]{1,250}")


def problem(question: str, answer: str) -> str:
    """What is wrong with an answer, and the way out; empty when nothing is."""
    if question == "project_name" and not NAME.fullmatch(answer):
        return (
            f"project_name {answer!r} is no name of a project: a letter first, then letters, digits, '_', '.' and '-',"
            " at most 64 of them."
        )
    if not TEXT.fullmatch(answer):
        return f"{question} is one line of 1 to 250 characters."
    return ""


def yaml_text(text: str) -> str:
    """A text as YAML writes it; OmegaConf, which reads it, takes `${…}` for a reference."""
    return json.dumps(text.replace("${", "\\${"), ensure_ascii=False)


def checked(answers: Mapping[str, str]) -> str:
    """Stop before anything is made when an answer cannot be used."""
    for question, answer in answers.items():
        found = "" if question.startswith("_") else problem(question, answer)
        if found:
            raise FailedHookException(found)
    return "yes"


class ProjectAnswers(Extension):
    """What the template's files use."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["bundled"] = BUNDLED
        environment.globals["running_python"] = f"{sys.version_info.major}.{sys.version_info.minor}"
        environment.filters |= {"checked": checked, "yaml_text": yaml_text}
