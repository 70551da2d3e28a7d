"""Writes the reference pages from the program's own tables: `make docs`. A test compares the two."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

import modelyard
from modelyard.cli import main as cli
from modelyard.cli.command import Command, Option
from modelyard.core.search import lexer
from modelyard.core.search.fields import (
    EXPERIMENTS,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    FieldTable,
    OrderKey,
)
from modelyard.core.search.predicate import Field, Kind
from modelyard.core.settings import SETTINGS, Settings
from modelyard.core.wire.endpoint import Endpoint, summary_of
from modelyard.core.wire.messages import previews
from modelyard.core.wire.messages import views as tables
from modelyard.core.wire.table import BY_NAME, ENDPOINTS
from modelyard.server.views import archives, cards, predictions
from modelyard.server.views import tables as separated
from modelyard.services.artifacts import rules as artifacts
from modelyard.services.datasets import rules as datasets
from modelyard.services.registry import rules as registry
from modelyard.services.tracking.rules import limits
from modelyard.services.views import rules as views
from modelyard.serving import app, hosted, looking, pool
from modelyard.serving.options import ServeOptions

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/reference/generate.py from the program's own tables. Change those, then `make docs`. -->"


def pages() -> dict[str, str]:
    """File name → text of each generated page."""
    return {
        "cli.md": cli_page(),
        "endpoints.md": endpoints_page(),
        "fields.md": fields_page(),
        "limits.md": limits_page(),
        "python.md": python_page(),
        "settings.md": settings_page(),
    }


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    heads = tuple(heads)
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def page(title: str, lines: Iterable[str]) -> str:
    return "\n".join((NOTE, "", f"# {title}", "", *lines, ""))


def settings_page() -> str:
    defaults = Settings()
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    return page(
        "Settings",
        (
            "A setting is an environment variable. Where MLflow has one of the same meaning its name works too, and",
            "ours wins. A value is read once; one that is not of its type is refused with the variable's name.",
            "",
            *table(
                ("variable", "MLflow's name", "type", "default", "what it does"),
                (
                    (
                        f"`{setting.variable}`",
                        f"`{setting.mlflow}`" if setting.mlflow else "",
                        types[setting.name].__name__,
                        f"`{default}`" if (default := _default(getattr(defaults, setting.name))) else "",
                        setting.help,
                    )
                    for setting in SETTINGS
                ),
            ),
        ),
    )


def _default(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


SERVICES = {
    "tracking": "Experiments, runs, metrics and logged models",
    "registry": "Model registry",
    "artifacts": "Artifacts",
    "datasets": "Named datasets",
    "views": "What the pages show",
    "server": "The server itself",
}


def endpoints_page() -> str:
    lines = [
        "Every row is served by the server and described in `GET /openapi.json`. A row of MLflow's surface is reached",
        "at `/api/2.0/mlflow/…`, and at the same path below `/ajax-api/2.0`, `/api/3.0` and `/ajax-api/3.0`; *mounts*",
        "says how many of these it has. Rows below `/api/1.0/modelyard` are ours. *needs* is the permission the row",
        "asks for; this release has no users, so everybody who reaches the server has all of them. *body* is the",
        "largest body that is accepted.",
        "",
        'Errors are JSON: `{"error_code": "...", "message": "..."}`.',
    ]
    for service in dict.fromkeys(endpoint.service for endpoint in ENDPOINTS):
        rows = [endpoint for endpoint in ENDPOINTS if endpoint.service == service]
        lines += ["", f"## {SERVICES.get(service, service.capitalize())}", ""]
        lines += table(("method", "path", "mounts", "needs", "body", "what it does"), map(_endpoint_row, rows))
    return page("REST endpoints", lines)


def _endpoint_row(endpoint: Endpoint) -> tuple[str, ...]:
    return (
        ", ".join(endpoint.methods),
        f"`{endpoint.paths[0]}`",
        str(len(endpoint.paths)),
        endpoint.need.name,
        "" if endpoint.methods == ("GET",) else _size(endpoint.limit),
        (endpoint.summary or summary_of(endpoint.request)).replace("``", "`"),
    )


def _size(count: int) -> str:
    return f"{count // 10**9} GB" if count >= 10**9 else f"{count // 10**6} MB"


PREFIXES = {
    Kind.METRIC: ("metrics.…", "metric.…"),
    Kind.PARAM: ("params.…", "param.…", "parameters.…", "parameter.…"),
    Kind.TAG: ("tags.…", "tag.…"),
    Kind.DATASET: ("datasets.…", "dataset.…"),
}
SEARCHES = (RUNS, EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS, LOGGED_MODELS)


def fields_page() -> str:
    lines = [
        "What can stand in a filter and in an order, for each kind of thing that is searched. How they are written is",
        "in [the filter language](filters.md).",
    ]
    for searched in SEARCHES:
        lines += ["", f"## {searched.name.capitalize()}s", ""]
        lines += table(("field", "other spellings", "operators", "order"), _field_rows(searched))
        ties = ", ".join(map(_order_key, searched.ties))
        default = ", ".join(map(_order_key, searched.default_order)) or ties
        lines += ["", f"Without an order: {default}. Ties: {ties}."]
    return page("Fields", lines)


def _field_rows(searched: FieldTable) -> Iterator[tuple[str, ...]]:
    for name, attribute in searched.attributes.items():
        operators = _operators(searched, Kind.ATTRIBUTE, name) if attribute.filterable else ""
        yield f"`{name}`", ", ".join(map(_code, attribute.aliases)), operators, "yes" if attribute.orderable else ""
    for kind in searched.kinds:
        if kind is not Kind.ATTRIBUTE:
            first, *others = PREFIXES[kind]
            ordered = "yes" if kind in searched.order_kinds else ""
            yield _code(first), ", ".join(map(_code, others)), _operators(searched, kind, "name"), ordered


def _operators(searched: FieldTable, kind: Kind, key: str) -> str:
    return " ".join(_code(operator) for operator in searched.operators(Field(kind, key)))


def _code(text: str) -> str:
    return f"`{text}`"


def _order_key(key: OrderKey) -> str:
    return f"`{key.field.key}` {'ascending' if key.ascending else 'descending'}"


def cli_page() -> str:
    lines = [
        "`modelyard COMMAND --help` shows the same. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. What",
        "a command found goes to standard output, everything else to standard error.",
    ]
    for name, (_, help_) in cli.GROUPS.items():
        lines += ["", f"## modelyard {name}", ""]
        commands = cli.commands_of(name)
        single = [command for command in commands if command.name == name]
        if not single:
            lines += [f"{help_[:1].upper()}{help_[1:]}."]
        for command in commands:
            lines += [] if single else ["", f"### modelyard {name} {command.name}", ""]
            lines += _command(command)
    return page("Command line", lines)


def _command(command: Command) -> Iterator[str]:
    yield f"{command.help[:1].upper()}{command.help[1:]}."
    if command.options:
        yield ""
        yield from table(("option", "default", "what it does"), map(_option, command.options))
    if command.examples:
        yield from ("", "```text", command.examples.strip("\n"), "```")


def _option(option: Option) -> tuple[str, str, str]:
    settings = option.settings
    flags = ", ".join(map(_code, option.flags))
    if settings.get("choices"):
        flags += " " + _code("|".join(map(str, settings["choices"])))
    elif option.flags[0].startswith("-") and settings.get("action", "store") in ("store", "append"):
        flags += " " + _code(str(settings.get("metavar") or option.flags[-1].lstrip("-").replace("-", "_").upper()))
    default = settings.get("default")
    shown = "" if default in (None, False, "", argparse.SUPPRESS, [], ()) else _code(str(default))
    return flags, shown, str(settings.get("help", "")).replace("%%", "%")


def limits_page() -> str:
    """Every bound on input, from the constants that keep it."""
    lines = [
        "More than these is answered with a 4xx. Where MLflow's clients depend on a figure it is MLflow's. Texts are",
        "counted in characters, bodies in bytes.",
    ]
    for title, rows in _limits().items():
        lines += ["", f"## {title}", "", *table(("what", "at most"), ((what, f"{most:,}") for what, most in rows))]
    return page("Limits", lines)


def _limits() -> dict[str, tuple[tuple[str, int], ...]]:
    return {
        "Requests": (
            ("body of log-batch", BY_NAME["tracking.log_batch"].limit),
            ("body of log-inputs and log-model", BY_NAME["tracking.log_inputs"].limit),
            ("other JSON bodies", BY_NAME["tracking.create_run"].limit),
            ("an artifact", BY_NAME["artifacts.upload_artifact"].limit),
            ("parts of a multipart upload", artifacts.MAX_PARTS),
        ),
        "Looking into files": (
            ("bytes of a text in one answer", previews.MAX_TEXT),
            ("rows of a table in one answer", previews.MAX_TABLE_ROWS),
            ("bytes of a text that are read for its rows", separated.MAX_BYTES),
            ("columns of a Parquet file", looking.MOST_COLUMNS),
            ("bytes of an image that is made smaller", previews.MAX_IMAGE_BYTES),
            ("its pixels", previews.MAX_IMAGE_PIXELS),
            ("files in an archive", archives.MAX_FILES),
            ("bytes in an archive", archives.MAX_BYTES),
            ("bytes of a model that is looked at whole", cards.MAX_BYTES),
            ("rows of a prediction", predictions.MAX_ROWS),
            ("models that predict at a time", hosted.MOST),
        ),
        "A scoring server": (
            ("body (--max-body)", ServeOptions(model="").max_body),
            ("answer", ServeOptions(model="").max_output),
            ("requests that wait for a worker", pool.MOST_WAITING),
            ("bodies that wait for a worker", pool.MOST_BYTES),
            ("large bodies that are being sent", app.MOST_BODIES),
        ),
        "Runs and experiments": (
            ("name of an experiment", limits.EXPERIMENT_NAME_LENGTH),
            ("value of an experiment's tag", limits.EXPERIMENT_TAG_LENGTH),
            ("artifact location", limits.ARTIFACT_LOCATION_LENGTH),
            ("key of a param, metric or tag", limits.NAME_LENGTH),
            ("value of a param (longer ones are cut)", limits.PARAM_LENGTH),
            ("value of a run's tag (longer ones are cut)", limits.TAG_LENGTH),
            ("tags in a create", limits.TAGS_PER_CREATE),
            ("user name", limits.USER_LENGTH),
        ),
        "A batch": (
            ("metrics", limits.BATCH_METRICS),
            ("params", limits.BATCH_PARAMS),
            ("tags", limits.BATCH_TAGS),
            ("all of them", limits.BATCH_ENTRIES),
        ),
        "Inputs, outputs and logged models": (
            ("datasets in a request", limits.DATASETS_PER_CALL),
            ("models in a request", limits.MODELS_PER_CALL),
            ("name of a dataset", limits.DATASET_NAME_LENGTH),
            ("digest of a dataset", limits.DATASET_DIGEST_LENGTH),
            ("source of a dataset", limits.DATASET_SOURCE_LENGTH),
            ("schema of a dataset", limits.DATASET_SCHEMA_LENGTH),
            ("profile of a dataset", limits.DATASET_PROFILE_LENGTH),
            ("key of an input's tag", limits.INPUT_TAG_KEY_LENGTH),
            ("value of an input's tag", limits.INPUT_TAG_LENGTH),
            ("params of a logged model in a request", limits.LOGGED_MODEL_PARAMS),
            ("param or tag of a logged model", limits.LOGGED_MODEL_TEXT_LENGTH),
        ),
        "Registry": (
            ("name of a model", registry.MAX_NAME),
            ("alias", registry.MAX_ALIAS),
            ("key of a tag", registry.MAX_TAG_KEY),
            ("value of a tag", registry.MAX_TAG_VALUE),
            ("description", registry.MAX_DESCRIPTION),
            ("tags in a create", registry.MAX_TAGS),
        ),
        "Named datasets": (
            ("name, in bytes", datasets.MAX_NAME_BYTES),
            ("type", datasets.MAX_TYPE),
            ("description", datasets.MAX_DESCRIPTION),
            ("alias", datasets.MAX_ALIAS),
            ("aliases in a create", datasets.MAX_ALIASES),
            ("key of a tag", datasets.MAX_TAG_KEY),
            ("value of a tag", datasets.MAX_TAG_VALUE),
            ("tags in a create", datasets.MAX_TAGS),
            ("address of the files", datasets.MAX_URI),
            ("datasets or versions in a page", datasets.MAX_PAGE),
            ("uses in a lineage", datasets.MAX_USES),
        ),
        "Searches and pages": (
            ("filter, in bytes", lexer.MAX_BYTES),
            ("words and signs in a filter", lexer.MAX_TOKENS),
            ("runs or experiments in a page", limits.PAGE),
            ("experiments in a search of runs", limits.SEARCH_EXPERIMENTS),
            ("registered models in a page", registry.MAX_MODELS_PAGE),
            ("model versions in a page", registry.MAX_VERSIONS_PAGE),
            ("points in a page of a history", limits.HISTORY_PAGE),
            ("runs in a bulk history", limits.HISTORY_RUNS),
            ("points of a run in an interval history", limits.INTERVAL_POINTS),
            ("runs in an overview", limits.OVERVIEW_RUNS),
            ("metrics in an overview", limits.OVERVIEW_KEYS),
            ("buckets in an overview", limits.OVERVIEW_BUCKETS),
            ("series in a picture or a comparison", views.MAX_SERIES),
            ("points of a series in a picture", views.MAX_POINTS),
            ("points of all series of a picture", views.MAX_ALL_POINTS),
        ),
        "Tables of the pages": (
            ("rows at a time", tables.MAX_ROWS),
            ("columns", tables.MAX_COLUMNS),
            ("columns of a file", views.MAX_EXPORTED),
            ("runs that are named, compared or changed at once", tables.MAX_RUN_IDS),
            ("columns whose values make groups", views.MAX_GROUPED),
            ("aggregates of a group", views.MAX_AGGREGATES),
            ("tags set or removed at once", views.MAX_TAGS),
            ("state of a page that is kept, in bytes", views.MAX_STATE),
            ("states that are kept; none is thrown away", views.MAX_KEPT),
        ),
    }


def python_page() -> str:
    lines = [
        "`import modelyard as mlflow`: the names below, with MLflow's arguments and what MLflow returns. They are",
        "loaded when they are first used.",
        "",
        "## modelyard",
        "",
        *table(("name", "what it does"), _public(modelyard, modelyard.__all__)),
        "",
        "## modelyard.MlflowClient",
        "",
        "Also as `modelyard.Client` and `modelyard.tracking.MlflowClient`.",
        "",
        *table(("method", "what it does"), _public(modelyard.MlflowClient, _methods(modelyard.MlflowClient))),
        "",
        "## modelyard.artifacts",
        "",
        *table(("name", "what it does"), _public(modelyard.artifacts, modelyard.artifacts.__all__)),
        "",
        "## modelyard.datasets",
        "",
        *table(("name", "what it does"), _public(modelyard.datasets, modelyard.datasets.__all__)),
        "",
        "## modelyard.pipelines",
        "",
        *table(("name", "what it does"), _public(modelyard.pipelines, modelyard.pipelines.__all__)),
    ]
    return page("Python names", lines)


def _methods(owner: type) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("_") and callable(getattr(owner, name))]


# What has no docstring, or one that serves as the default text of an error.
SAID_HERE = {
    "MlflowException": "The root of every error the package raises on purpose.",
    "__version__": "The version of the package.",
}


def _public(owner: object, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        value = getattr(owner, name)
        described = inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)
        text = (inspect.getdoc(value) or "").split("\n\n", 1)[0].replace("\n", " ") if described else ""
        yield _code(name), SAID_HERE.get(name) or text.replace("``", "`")


def main() -> None:
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
