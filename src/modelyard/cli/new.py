"""``modelyard new``: projects, components and plug-ins from the templates."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from modelyard.cli.command import Arguments, Command, Option, option
from modelyard.core.errors import InvalidParameter
from modelyard.pipelines import scaffold


def project(arguments: Arguments) -> None:
    """A new pipeline."""
    file = Path(arguments.data).expanduser()
    data = str(file.resolve()) if file.is_file() else arguments.data  # elsewhere it would be another file, or none
    answers = {"project_name": arguments.name, "experiment_name": arguments.experiment_name, "data": data}
    made = _make("project", answers, arguments)
    print(f"Wrote {made}. Run it with: modelyard run {made} --env-manager local")


def component(arguments: Arguments) -> None:
    """A new step."""
    answers = _answers("component", arguments)
    made = _make("component", answers, arguments)
    print(f"Wrote {made}: {', '.join(sorted(path.name for path in made.iterdir()))}.")
    config = Path(arguments.output_dir).parent / "config.yaml"
    if config.is_file():
        name = answers["step_name"]
        print(
            f"List it in {config}, below main.execute_steps. Run it with: modelyard run {config.parent} -P steps={name}"
        )


def model_plugin(arguments: Arguments) -> None:
    """A new flavor in a package of its own."""
    answers = {"plugin_name": arguments.name, "short_description": arguments.short_description}
    made = _make("model_plugin", answers, arguments)
    print(f"Wrote {made}. Install and test it with: pip install -e '{made}[test]' && pytest {made}")


def _make(template: str, answers: Mapping[str, str], arguments: Arguments) -> Path:
    into = Path(arguments.output_dir)
    return into / scaffold.generate(template, answers, into=into, python=arguments.python).name


def _answers(template: str, arguments: Arguments) -> dict[str, str]:
    """The answers to a template's questions: from flags, else asked for, with nothing standing for the default."""
    answers: dict[str, str] = {}
    for question, default in scaffold.questions(template).items():
        given = getattr(arguments, question)
        if given is None and not arguments.no_input:
            answers[question] = _ask(template, question, default)
        else:
            empty = given is None or (not given.strip() and question != "parameters")  # a step may have no parameters
            answers[question] = default if empty else given.strip()
    return answers


def _ask(template: str, question: str, default: str) -> str:
    while True:
        try:
            answer = input(f"{question} [{default}]: ").strip() or default
        except EOFError:
            raise InvalidParameter(
                f"Nothing was answered to {question!r}: give --{question.replace('_', '-')}, or --no-input for all defaults."
            ) from None
        wrong = scaffold.problem(template, question, answer)
        if not wrong:
            return answer
        if not sys.stdin.isatty():
            raise InvalidParameter(wrong)
        print(wrong)


def _flags(template: str, help_: Mapping[str, str]) -> tuple[Option, ...]:
    """A flag for each question."""
    return tuple(
        option(f"--{question.replace('_', '-')}", metavar="TEXT", help=f"{help_[question]}; when not asked: {default}")
        for question, default in scaffold.questions(template).items()
    )


PYTHON = option(
    "--python", default="", metavar="VERSION", help="the Python that conda.yml asks for; default: this one's"
)
QUESTIONS = {
    "step_name": "name of the step and of its folder",
    "script_name": "name of its script",
    "job_type": "what its runs are tagged with",
    "short_description": "what it does, for its help",
    "long_description": "the same at length, for its docstring",
    "parameters": "names of its parameters, with commas",
}

COMMANDS = (
    Command(
        "project",
        project,
        "write a pipeline that runs as it is: data, exploration, cleaning, checks, training, evaluation, registration",
        (
            option("name", metavar="NAME", help="name of the project and of its folder"),
            option("-o", "--output-dir", default=".", metavar="DIR", help="where the folder is made"),
            option("--experiment-name", default="dev", metavar="NAME", help="the experiment its runs are in"),
            option(
                "--data",
                default="wine",
                metavar="SOURCE",
                help="wine, iris, breast_cancer, diabetes, or the path or URL of a CSV or Parquet file",
            ),
            PYTHON,
        ),
        "example: modelyard new project wine && modelyard run wine --env-manager local",
    ),
    Command(
        "component",
        component,
        "write a step: asks six questions, an empty line takes the default",
        (
            *_flags("component", QUESTIONS),
            option("--no-input", action="store_true", help="ask nothing: what no flag says is the default"),
            option("-o", "--output-dir", default="src", metavar="DIR", help="where the folder is made"),
            PYTHON,
        ),
        "examples:\n  modelyard new component\n"
        "  modelyard new component --no-input --step-name basic_cleaning --parameters input_artifact,output_artifact",
    ),
    Command(
        "model-plugin",
        model_plugin,
        "write a package with a flavor of its own, and its tests",
        (
            option("name", metavar="NAME", help="name of the package, such as my-flavor"),
            option(
                "--short-description", default="Models of my framework for modelyard", metavar="TEXT", help="what it is"
            ),
            option("-o", "--output-dir", default=".", metavar="DIR", help="where the folder is made"),
            PYTHON,
        ),
        "example: modelyard new model-plugin my-flavor",
    ),
)
