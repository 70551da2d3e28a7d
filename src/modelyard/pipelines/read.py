"""Reading a pipeline: its file, the values its ``${…}`` refer to, and what overrides change in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound, first_line
from modelyard.core.extras import require
from modelyard.pipelines.spec import Output, Pipeline, Step
from modelyard.services.datasets.rules import check_name

FILES = ("pipeline.yaml", "pipeline.yml", "config.yaml", "config.yml")
"""Names of the file, in the order they are looked for in a folder."""

_PART = "pipeline"
_STEP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_FIELDS = {"name", "experiment", "config", "steps"}
_STEP_FIELDS = {field.name for field in msgspec.structs.fields(Step)} - {"name"}
_OUTPUT_FIELDS = {field.name for field in msgspec.structs.fields(Output)}


def read(place: Path, overrides: Sequence[str] = ()) -> Pipeline:
    """The pipeline of a file, or of a folder that has one. ``overrides`` are Hydra's: ``data.rows=10``, ``+new=1``, ``~old``.

    Raises ``InvalidParameter`` naming the file, the step and the field that is wrong, and ``NotFound`` when there is none.
    """
    file, document = _find(place.resolve())
    tree, told = _tree(file, document)
    for text in overrides:
        _override(tree, text)
    resolved = _resolved(file, tree, _PART)
    _check_fields(f"{file}", resolved, _FIELDS)
    steps = resolved.get("steps")
    if not isinstance(steps, Mapping) or not steps:
        raise InvalidParameter(
            f"{file}: there are no steps: write 'steps:', and a name with 'project: FOLDER' below it."
        )
    name = resolved.get("name") or file.parent.name
    experiment = resolved.get("experiment") or told
    return Pipeline(
        folder=file.parent,
        name=_text(f"{file}: name", name),
        experiment=_text(f"{file}: experiment", experiment) if experiment else "",
        steps={str(each): _step(file, str(each), fields) for each, fields in steps.items()},
        config={key: value for key, value in _plain(tree).items() if key != _PART},
    )


def _find(place: Path) -> tuple[Path, Any]:
    if place.is_file():
        document = _load(place)
        if "steps" not in document and _PART not in document:
            raise InvalidParameter(f"{place}: there is no pipeline in it: neither 'steps:' nor 'pipeline:'.")
        return place, document
    if not place.exists():
        raise NotFound(f"There is no pipeline {str(place)!r}.")
    for name in FILES:
        file = place / name
        if file.is_file():
            document = _load(file)
            if "steps" in document or _PART in document:
                return file, document
    raise NotFound(
        f"There is no pipeline in {str(place)!r}: neither a pipeline.yaml, nor a config.yaml with 'pipeline:' in it."
    )


def _load(file: Path) -> Any:
    """The file's tree, with ``${…}`` as they are written."""
    omegaconf = require("omegaconf", what="A pipeline's file", extra="pipelines")
    yaml = require("yaml", what="A pipeline's file", extra="pipelines")
    try:
        document = omegaconf.OmegaConf.load(file)
    except (yaml.YAMLError, UnicodeDecodeError, omegaconf.errors.OmegaConfBaseException) as error:
        raise InvalidParameter(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise InvalidParameter(f"{file}: cannot be read as YAML: {error.strerror or error}.") from None
    if not isinstance(document, omegaconf.DictConfig):
        raise InvalidParameter(f"{file}: expected 'steps:' and what belongs to them, not a list or a text.")
    return document


def _tree(file: Path, document: Any) -> tuple[Any, str]:
    """The configuration with the pipeline as its ``pipeline``, and the experiment that the configuration names."""
    omegaconf = require("omegaconf", what="A pipeline's file", extra="pipelines")
    if "steps" not in document:
        tree = document
    else:
        tree = omegaconf.OmegaConf.create({})
        config = omegaconf.OmegaConf.to_container(document, resolve=False).get("config")
        if isinstance(config, str):
            tree = _config(file, config)
        elif config is not None:
            if not isinstance(config, Mapping):
                raise InvalidParameter(f"{file}: config is {config!r}; write a file's name, or values below it.")
            tree = omegaconf.OmegaConf.create(config)
        tree[_PART] = {key: value for key, value in document.items_ex(resolve=False) if key != "config"}
    if "defaults" in tree:
        raise InvalidParameter(
            f"{file}: its configuration is put together of files ('defaults:'), which only Hydra does: run it by a main.py."
        )
    experiment = omegaconf.OmegaConf.select(tree, "main.experiment_name") if "main" in tree else None
    return tree, str(experiment or "")


def _config(file: Path, name: str) -> Any:
    config = (file.parent / name).resolve()
    if not config.is_file():
        raise NotFound(f"{file}: config names {name!r}, which is not there.")
    return _load(config)


def _override(tree: Any, text: str) -> None:
    """Change one value; what is not there is refused unless ``+`` asks for it."""
    omegaconf = require("omegaconf", what="-o", extra="pipelines").OmegaConf
    told = _parsed(text)
    key = told.key_or_group
    there = _has(tree, key)
    if told.is_delete():
        _known(tree, key, text)
        parent, _, last = key.rpartition(".")
        del (omegaconf.select(tree, parent) if parent else tree)[last]
    elif told.is_add() and there:
        raise InvalidParameter(f"-o {text}: {key!r} is there already; write {text.lstrip('+')!r} to change it.")
    else:
        if not told.is_add() and not told.is_force_add():
            _known(tree, key, text)
        omegaconf.update(tree, key, told.value(), merge=isinstance(told.value(), Mapping), force_add=True)


def _parsed(text: str) -> Any:
    parser = require("hydra.core.override_parser.overrides_parser", what="-o", extra="pipelines")
    errors = require("hydra.errors", what="-o", extra="pipelines")
    try:
        told = parser.OverridesParser.create().parse_override(text)
    except errors.HydraException as error:
        reason = " ".join(str(error).splitlines()[:1])
        raise InvalidParameter(f"-o {text}: write key=value, as Hydra has it: {reason}") from None
    if told.is_sweep_override():
        quoted = text.partition("=")
        raise InvalidParameter(
            f"-o {text}: that is a sweep of several values. One text with a comma is quoted:"
            f""" -o "{quoted[0]}='{quoted[2]}'". """.rstrip()
        )
    return told


def _has(tree: Any, key: str) -> bool:
    return any(each == key for each in _keys(tree))


def _known(tree: Any, key: str, text: str) -> None:
    if _has(tree, key) or _is_field(tree, key):
        return
    names = list(_keys(tree))
    last = key.rpartition(".")[2]
    ends = [name for name in names if name.rpartition(".")[2] == last]
    close = list(dict.fromkeys([*ends, *difflib.get_close_matches(key, names, n=3, cutoff=0.6)]))[:3]
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise InvalidParameter(f"-o {text}: the configuration has no {key!r}.{hint} (+{text.lstrip('~')} adds it.)")


def _is_field(tree: Any, key: str) -> bool:
    """Whether it is a field of a step, which may be there without being written."""
    parts = key.split(".")
    return (
        len(parts) == 4
        and parts[:2] == [_PART, "steps"]
        and parts[3] in _STEP_FIELDS
        and _has(tree, ".".join(parts[:3]))
    )


def _keys(node: Any, above: str = "") -> Iterator[str]:
    """Every key there is, with dots; values are not resolved."""
    omegaconf = require("omegaconf", what="-o", extra="pipelines")
    plain = omegaconf.OmegaConf.to_container(node, resolve=False) if omegaconf.OmegaConf.is_config(node) else node
    items = plain.items() if isinstance(plain, Mapping) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in items:
        yield f"{above}{key}"
        yield from _keys(value, f"{above}{key}.")


def _resolved(file: Path, tree: Any, key: str) -> dict[str, Any]:
    omegaconf = require("omegaconf", what="A pipeline's file", extra="pipelines")
    node = omegaconf.OmegaConf.select(tree, key)
    if not isinstance(node, omegaconf.DictConfig):
        raise InvalidParameter(f"{file}: 'pipeline:' has no steps below it.")
    try:
        found: dict[str, Any] = omegaconf.OmegaConf.to_container(node, resolve=True, throw_on_missing=True)
    except omegaconf.errors.OmegaConfBaseException as error:
        where = _where(str(getattr(error, "full_key", None) or ""))
        raise InvalidParameter(f"{file}: {where}{first_line(error)}.") from None
    return found


def _where(key: str) -> str:
    """``pipeline.steps.clean.parameters.rows`` in words."""
    parts = key.split(".")
    if parts[:2] != [_PART, "steps"]:
        return f"{key}: " if key else ""
    rest = ".".join(parts[3:])
    return f"step {parts[2]!r}{f', {rest}' if rest else ''}: " if len(parts) > 2 else ""


def _plain(tree: Any) -> dict[str, Any]:
    """The configuration, resolved where everything in it can be."""
    omegaconf = require("omegaconf", what="A pipeline's file", extra="pipelines")
    try:
        found: dict[str, Any] = omegaconf.OmegaConf.to_container(tree, resolve=True)
    except omegaconf.errors.OmegaConfBaseException:  # a value that no step uses, such as one of Hydra's own
        found = omegaconf.OmegaConf.to_container(tree, resolve=False)
    return found


def _step(file: Path, name: str, fields: object) -> Step:
    where = f"{file}: step {name!r}"
    if not _STEP.fullmatch(name):
        raise InvalidParameter(f"{where}: a step's name has letters, digits, '_', '-' and '.', at most 64 of them.")
    if not isinstance(fields, Mapping):
        raise InvalidParameter(f"{where} is {fields!r}; write 'project: FOLDER' below it.")
    _check_fields(where, fields, _STEP_FIELDS)
    if not fields.get("project"):
        raise InvalidParameter(f"{where}: it has no project: write project: FOLDER.")
    given = {key: value for key, value in fields.items() if value is not None}
    given["outputs"] = {str(key): _output(where, str(key), each) for key, each in _mapping(where, "outputs", given)}
    given["inputs"] = dict(_mapping(where, "inputs", given))
    try:
        step = msgspec.convert({**given, "name": name}, Step)
    except msgspec.ValidationError as error:
        raise InvalidParameter(f"{where}: {error}") from None
    return _checked(where, step)


def _output(where: str, key: str, told: object) -> dict[str, Any]:
    if isinstance(told, str):
        return {"dataset": told}
    if not isinstance(told, Mapping) or not told.get("dataset"):
        raise InvalidParameter(f"{where}, outputs.{key}: {told!r}; write {{dataset: NAME, type: …, description: …}}.")
    _check_fields(f"{where}, outputs.{key}", told, _OUTPUT_FIELDS)
    return {str(name): value for name, value in told.items() if value is not None}


def _checked(where: str, step: Step) -> Step:
    for name in (*step.parameters, *step.inputs, *step.outputs):
        if not _PARAMETER.fullmatch(name):
            raise InvalidParameter(
                f"{where}: {name!r} is no name of a parameter: letters, digits, '_' and '-', at most 64."
            )
    for key, output in step.outputs.items():
        _check_dataset(f"{where}, outputs.{key}", output.dataset)
        if output.reference and not output.path:
            raise InvalidParameter(f"{where}, outputs.{key}: a reference needs 'path:', where the file stays.")
    for key, reference in step.inputs.items():
        _check_dataset(f"{where}, inputs.{key}", reference.partition(":")[0])
    twice = sorted({*step.inputs} & {*step.outputs} | {*step.parameters} & {*step.inputs, *step.outputs})
    if twice:
        raise InvalidParameter(f"{where}: {twice[0]!r} stands there twice, among parameters, inputs and outputs.")
    return step


def _check_dataset(where: str, name: str) -> None:
    try:
        check_name(name)
    except InvalidParameter as error:
        raise InvalidParameter(f"{where}: {error.message}") from None


def _mapping(where: str, field: str, fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    told = fields.get(field) or {}
    if not isinstance(told, Mapping):
        raise InvalidParameter(f"{where}: {field} is {told!r}; write NAME: DATASET below it.")
    return [(str(key), value) for key, value in told.items()]


def _check_fields(where: str, fields: Mapping[str, Any], known: set[str]) -> None:
    for key in fields:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" There are: {', '.join(sorted(known))}."
            raise InvalidParameter(f"{where}: there is no field {key!r}.{hint}")


def _text(where: str, told: object) -> str:
    if isinstance(told, Mapping | list):
        raise InvalidParameter(f"{where} is {told!r}; write a text.")
    return str(told)
