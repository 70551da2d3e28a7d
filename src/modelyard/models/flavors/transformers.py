"""Pipelines of Hugging Face transformers."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter, NotSupported
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.mlmodel import Model

MODEL = "model"
COMPONENTS = "components"
_PARTS = ("feature_extractor", "tokenizer", "image_processor")
_PROCESSOR = "processor"
_BEFORE_MODEL = "pipeline"
"""Where MLflow before 2.4.1 put the model."""


class TransformersFlavor(msgspec.Struct, frozen=True):
    """Pipelines: the model as safetensors, its tokenizer and other components beside it. Nothing is downloaded, ever.

    A dict of a pipeline's parts (``model``, ``tokenizer``, …) is a pipeline too; ``task`` says which.
    ``model_config`` are the arguments that the pipeline is called with, such as ``{"max_new_tokens": 20}``.
    """

    name: ClassVar[str] = "transformers"
    task: str | None = None
    model_config: Mapping[str, Any] | None = None

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a pipeline, or a dict of its parts."""
        transformers = loaded("transformers")
        if transformers is None:
            return False
        if isinstance(obj, dict):
            return isinstance(obj.get(MODEL), transformers.PreTrainedModel)
        return isinstance(obj, transformers.Pipeline)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the pipeline; answers the entries of MLmodel."""
        transformers = _transformers()
        pipeline = self._pipeline(transformers, obj)
        parts = {name: getattr(pipeline, name) for name in _PARTS if getattr(pipeline, name, None) is not None}
        with _quiet(transformers):
            pipeline.model.save_pretrained(folder / MODEL)
            for name, part in parts.items():
                part.save_pretrained(folder / COMPONENTS / name)
        entry: dict[str, Any] = {
            "transformers_version": transformers.__version__,
            "task": pipeline.task,
            "instance_type": type(pipeline).__name__,
            "torch_dtype": str(pipeline.model.dtype),
            "pipeline_model_type": type(pipeline.model).__name__,
            "source_model_name": pipeline.model.name_or_path,
            "model_binary": MODEL,
            **{f"{name}_type": type(part).__name__ for name, part in parts.items()},
            "components": list(parts),
        }
        if pipeline.task not in _TASKS:
            return {self.name: entry}
        predicts: dict[str, Any] = {"loader_module": "mlflow.transformers"}
        if self.model_config:
            predicts["config"] = dict(self.model_config)
        return {self.name: entry, "python_function": predicts}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The pipeline, put together from its parts in the folder."""
        transformers = _transformers()
        place = folder / str(config.get("model_binary", _BEFORE_MODEL))
        if not place.is_dir():
            raise NotSupported(
                f"The model's weights are not in its folder: it refers to {config.get('source_model_name')!r} on a hub."
                " Save it with its weights (MLflow: persist_pretrained_model)."
            )
        with _quiet(transformers):
            parts = {name: _part(transformers, folder, name, config) for name in config.get("components") or ()}
            if "processor_type" in config:
                parts[_PROCESSOR] = _part(transformers, folder, _PROCESSOR, config)
            model = _model(transformers, place, config)
            pipeline = transformers.pipeline(task=str(config["task"]), model=model, **parts)
        pipeline.modelyard_prompt = _template((Model.load(folder).metadata or {}).get("prompt_template"))
        return pipeline

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """The pipeline's call, with answers as MLflow gives them: a text, a frame or an array an input."""
        task = _TASKS.get(obj.task)
        if task is None:
            raise NotSupported(f"A {obj.task!r} pipeline has no Python function; load it as the pipeline it is.")
        if config.get("inference_task"):
            raise NotSupported(
                f"Requests of the kind {config['inference_task']!r} are not answered; load it as a pipeline."
            )
        settings = dict(config.get("config") or {})
        prompt = getattr(obj, "modelyard_prompt", None) if task.read is _texts else None
        collapse = bool(settings.pop("collapse_whitespace", False))
        settings.pop("include_prompt", None)

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            given = _prompted(task.read(data), prompt)
            answer = task.answer(obj(given, **{**settings, **(params or {})}), given)
            return _collapsed(answer) if collapse else answer

        return predict

    def _pipeline(self, transformers: Any, obj: Any) -> Any:
        if not self.handles(obj):
            kind = type(obj)
            raise InvalidParameter(
                f"This {kind.__module__}.{kind.__qualname__} is no pipeline; make one with transformers.pipeline, or give"
                " its parts as a dict of model and tokenizer."
            )
        if not isinstance(obj, dict):
            return obj
        if self.task is None:
            raise InvalidParameter("A dict of parts makes a pipeline for a task: give task, such as 'text-generation'.")
        with _quiet(transformers):
            return transformers.pipeline(task=self.task, **obj)


def _transformers() -> ModuleType:
    return require("transformers", what="A transformers pipeline", extra="transformers")


def _class(transformers: Any, name: Any) -> Any:
    found = getattr(transformers, str(name), None)
    if found is None or not hasattr(found, "from_pretrained"):
        raise NotSupported(f"The installed transformers {transformers.__version__} has no class {name!r} to load.")
    return found


def _model(transformers: Any, place: Path, config: Mapping[str, Any]) -> Any:
    torch = require("torch", what="A transformers pipeline", extra="transformers")
    kind = _class(transformers, config.get("pipeline_model_type"))
    named = str(config.get("torch_dtype") or "").removeprefix("torch.")
    dtype = getattr(torch, named, None) if named else None
    word = "dtype" if _release(transformers) >= (4, 56) else "torch_dtype"
    options: dict[str, Any] = {word: dtype} if isinstance(dtype, torch.dtype) else {}
    if any(place.glob("*.safetensors")):
        options["use_safetensors"] = True
    return kind.from_pretrained(str(place), local_files_only=True, **options)


def _release(transformers: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(transformers.__version__).split(".")[:2])


def _part(transformers: Any, folder: Path, name: str, config: Mapping[str, Any]) -> Any:
    if name not in (*_PARTS, _PROCESSOR):
        raise InvalidParameter(f"{name!r} is no part of a pipeline. Known: {', '.join((*_PARTS, _PROCESSOR))}.")
    kind = _class(transformers, config.get(f"{name}_type"))
    return kind.from_pretrained(str(folder / COMPONENTS / name), local_files_only=True)


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No progress bars, as they are drawn over a log."""
    bars = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        if bars:
            transformers.utils.logging.enable_progress_bar()


# ----------------------------------------------------------------------------------------------------------------------
# Tasks


class Task(msgspec.Struct, frozen=True):
    """How the data of a task becomes what its pipeline takes, and what the pipeline says becomes the answer."""

    read: Callable[[Any], Any]
    answer: Callable[[Any, Any], Any]


def _texts(data: Any) -> Any:
    """A text, or a list of them: the values of a column, of an array or of rows with one value."""
    if isinstance(data, str):
        return data
    rows = _rows(data)
    found = [next(iter(row.values())) if isinstance(row, Mapping) else row for row in rows]
    if not found or not all(isinstance(each, str) for each in found):
        raise InvalidParameter("The pipeline takes a text, a list of texts, or a frame whose first column holds texts.")
    return found


def _template(found: Any) -> str | None:
    if not found:
        return None
    fields = [field[1:] for field in string.Formatter().parse(str(found)) if field[1] is not None]
    if fields != [("prompt", "", None)]:
        raise InvalidParameter(f"The model's prompt template has to have {{prompt}} in one place: {found!r}.")
    return str(found)


def _prompted(given: Any, template: str | None) -> Any:
    """The texts, each in the place of ``{prompt}`` in the template that MLflow keeps in the model's metadata."""
    if template is None:
        return given
    return template.format(prompt=given) if isinstance(given, str) else [template.format(prompt=each) for each in given]


def _rows(data: Any) -> list[Any]:
    if isinstance(data, Mapping):
        return [data]
    if kind_of(data) != "python":
        data = as_frame(data)
    if kind_of(data) == "pandas":
        return list(data.to_dict(orient="records"))
    return list(data.ravel().tolist() if hasattr(data, "ravel") else data)


def _texts_or_pairs(data: Any) -> Any:
    """Texts, or rows with ``text`` and ``text_pair``."""
    if isinstance(data, str):
        return data
    rows = _rows(data)
    if rows and all(isinstance(row, Mapping) and set(row) <= {"text", "text_pair"} and "text" in row for row in rows):
        return data if isinstance(data, Mapping) else [dict(row) for row in rows]
    return _texts(data)


def _labels(found: Any, _given: Any) -> Any:
    return pandas("The answer of a classifier").DataFrame(found)


def _generated(found: Any, given: Any) -> Any:
    rows = found if isinstance(found[0], list) else [found]
    return [
        str(each["generated_text"]).strip() for row in (rows if isinstance(given, list) else rows[:1]) for each in row
    ]


def _filled(found: Any, _given: Any) -> Any:
    rows = found if isinstance(found[0], list) else [found]
    return [str((row[0][0] if isinstance(row[0], list) else row[0])["token_str"]).strip() for row in rows]


def _entities(found: Any, _given: Any) -> Any:
    rows = found if found and isinstance(found[0], list) else [found]
    return [",".join(str(each.get("entity_group", each.get("entity"))) for each in row) for row in rows]


def _features(found: Any, _given: Any) -> Any:
    return numpy().asarray(found if kind_of(found) == "ndarray" else found[0][0])


def _collapsed(answer: Any) -> Any:
    if not isinstance(answer, list):
        return answer
    return [re.sub(r"\s+", " ", each).strip() for each in answer]


_TASKS: Mapping[str, Task] = {
    "text-classification": Task(_texts_or_pairs, _labels),
    "text-generation": Task(_texts, _generated),
    "fill-mask": Task(_texts, _filled),
    "token-classification": Task(_texts, _entities),
    "feature-extraction": Task(_texts, _features),
}
