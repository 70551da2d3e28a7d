"""The one recipe that makes a model folder, whatever the flavor."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import AlreadyExists, InvalidParameter, ModelyardError
from modelyard.models import environment, profile
from modelyard.models.catalog import PYFUNC
from modelyard.models.enforce import model_input
from modelyard.models.example import save_example, split_example
from modelyard.models.flavor import Flavor
from modelyard.models.fresh import verify_fresh
from modelyard.models.mlmodel import FILE, Model, new_model
from modelyard.models.options import PathLike, SaveOptions
from modelyard.models.requirements import modules_of_folder, own_requirements, requirements_of
from modelyard.models.signature import ModelSignature, infer_signature
from modelyard.models.trust import sign
from modelyard.models.trust.manifest import CODE, COMPILED
from modelyard.models.twin import store as store_twin
from modelyard.models.verdict import VERDICT_FILE, Verdict
from modelyard.models.verify import expect, verify

_logger = logging.getLogger(__name__)

EXTRA_FILES = "extra_files"


class Prepared(msgspec.Struct, frozen=True):
    """A folder with everything but its MLmodel file, manifest and signature."""

    folder: Path
    model: Model
    verdict: Verdict


def save_model(
    obj: Any, path: PathLike, *, flavor: Flavor, options: SaveOptions, model: Model | None = None
) -> Prepared:
    """Save ``obj`` as the folder ``path``, which appears whole or not at all.

    Raises ``AlreadyExists`` when something is at ``path``, and ``InvalidParameter`` for what cannot be saved.
    """
    target = Path(path)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise AlreadyExists(f"Path '{os.fspath(path)}' already exists and is not empty")
    target.parent.mkdir(parents=True, exist_ok=True)
    with staging(target.parent) as folder:
        prepared = prepare(obj, folder, flavor=flavor, options=options, model=model)
        complete(prepared)
        if target.exists():
            target.rmdir()
        os.replace(folder, target)
    return msgspec.structs.replace(prepared, folder=target)


@contextmanager
def staging(parent: Path | None = None) -> Iterator[Path]:
    """A private folder to build a model in; it is gone afterwards unless it was moved."""
    folder = Path(tempfile.mkdtemp(prefix=".modelyard-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(obj: Any, folder: Path, *, flavor: Flavor, options: SaveOptions, model: Model | None = None) -> Prepared:
    """Fill ``folder`` with a model's files and prove that it loads; ``complete`` makes it a model folder."""
    if options.verify:
        expect(flavor.name)
    model = model or new_model()
    obj, told = _read(obj, flavor)
    model.metadata = dict(options.metadata) if options.metadata else model.metadata
    for name, entry in flavor.save(obj, folder).items():
        model.add_flavor(name, **entry)
    if PYFUNC in model.flavors:
        _describe_python_function(model, folder, options)
    _copy(options.extra_files or (), folder / EXTRA_FILES, what="extra_files")
    _add_example(obj, folder, flavor, options, model)
    if model.signature is None and options.signature is None:
        model.signature = told
    profile.save(folder, options)
    if options.onnx:
        store_twin(obj, folder, flavor=flavor, options=options, model=model)
    model.save(folder / FILE)
    verdict = _verified(folder, flavor, options)
    _add_requirements(folder, options, model, verdict)
    if options.verify == "environment" and verdict.status == "passed":
        verdict = verify_fresh(folder, seconds=options.verify_seconds)
    _say(verdict)
    return Prepared(folder, model, verdict)


def _verified(folder: Path, flavor: Flavor, options: SaveOptions) -> Verdict:
    if not options.verify:
        return Verdict.skipped()
    return verify(folder, seconds=options.verify_seconds, flavor=flavor.name)


def complete(prepared: Prepared) -> None:
    """Write the MLmodel file as it is now, the verdict, the manifest and its signature."""
    folder, model = prepared.folder, prepared.model
    (folder / VERDICT_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(prepared.verdict)))
    model.model_size_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    model.save(folder / FILE)
    sign(folder)


def _read(obj: Any, flavor: Flavor) -> tuple[Any, ModelSignature | None]:
    """The model that ``obj`` stands for, where the flavor knows what can stand for one, and what that tells of its signature."""
    read = getattr(flavor, "read", None)
    return (obj, None) if read is None else read(obj)


def _describe_python_function(model: Model, folder: Path, options: SaveOptions) -> None:
    entry = model.flavors[PYFUNC]
    entry["python_version"] = platform.python_version()
    entry["env"] = {"conda": environment.CONDA, "virtualenv": environment.PYTHON_ENV}
    if options.code_paths:
        _copy(options.code_paths, folder / CODE, what="code_paths")
        entry["code"] = CODE
    for name, other in model.flavors.items():
        if name != PYFUNC:
            other.setdefault("code", entry.get("code"))


def _copy(paths: Sequence[PathLike], target: Path, *, what: str) -> None:
    for path in paths:
        source = Path(path)
        place = target / source.resolve().name
        target.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns(COMPILED, "*.pyc"), dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, place)
        else:
            raise InvalidParameter(f"{what}: there is no file or folder {os.fspath(path)!r}.")


def _add_example(obj: Any, folder: Path, flavor: Flavor, options: SaveOptions, model: Model) -> None:
    if options.input_example is not None:
        model.saved_input_example_info = save_example(folder, options.input_example)
    if isinstance(options.signature, ModelSignature):
        model.signature = options.signature
    elif options.signature is None and options.input_example is not None and PYFUNC in model.flavors:
        model.signature = _inferred(obj, flavor, model, options.input_example)


def _inferred(obj: Any, flavor: Flavor, model: Model, example: Any) -> ModelSignature | None:
    data, params = split_example(example)
    try:
        signature = infer_signature(data, params=params)
        ready = model_input(signature.inputs, data)
        config = {**model.flavors.get(flavor.name, {}), **model.flavors[PYFUNC]}
        predict = flavor.predictor(obj, config)
        outputs = infer_signature(model_output=predict(ready, params)).outputs
        signature = msgspec.structs.replace(signature, outputs=outputs)
        complete_it = getattr(predict, "complete_signature", None)  # some take more than an example may show
        return signature if complete_it is None else complete_it(signature)
    except Exception as error:  # noqa: BLE001 - the model's own code; the verdict will say what is wrong with it
        _logger.warning("No signature: the model fails on its input example: %s: %s", type(error).__name__, error)
        return None


def _add_requirements(folder: Path, options: SaveOptions, model: Model, verdict: Verdict) -> None:
    if options.pip_requirements is not None:
        found = environment.gather(options.pip_requirements)
    else:
        found = requirements_of({*verdict.modules, *modules_of_folder(folder, model)}) + own_requirements(model)
    extra = environment.gather(options.extra_pip_requirements or ())
    environment.write(folder, environment.merge(found, extra), options.conda_env)


def _say(verdict: Verdict) -> None:
    if verdict.status == "failed":
        _logger.warning(
            "THE MODEL DOES NOT VERIFY: it was saved, but a clean process could not use it: %s\nIt cannot be deployed"
            " until that is mended, or the deployment says that it shall be all the same.",
            verdict.message,
        )


def refuse_unsaved(error: Exception, obj: Any) -> ModelyardError:
    """The error for an object that its flavor cannot write."""
    kind = type(obj)
    return InvalidParameter(
        f"This {kind.__module__}.{kind.__qualname__} cannot be saved: {type(error).__name__}: {error}"
    )
