"""From the rows of a request to the predictions of its answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, ModelFailed
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.profile import read_profile
from modelyard.training.service.catalog import Catalog, Loaded, features_of, notes_of
from modelyard.training.service.frames import Describe, Done, Predict, Prove, Which
from modelyard.training.service.inputs import Warned, read, warnings_of

DIGITS = 2
"""Decimals of the short answer to one row, which is for people; all others have every digit."""

_LONGEST = 2000
_VERIFICATION = "modelyard.verification"


class Predicting:
    """Predicts with the versions of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def predict(self, job: Predict) -> Done:
        """Check the rows, predict them, and write the answer."""
        loaded = self._catalog.load(self._catalog.find(job.which, network=job.network, target=job.target))
        rows = read(job.body, job.kind, loaded.features, loaded.target)
        warned = warnings_of(rows.frame, loaded.limits)
        found = predictions(loaded, rows.frame, probabilities=job.probabilities) if len(rows.frame) else []
        headers = {**loaded.version.headers, **_warning_header(warned)}
        answer: Any = found
        if job.full:
            answer = {"model": loaded.version.told(), "predictions": found, "warnings": warned}
        elif rows.single:
            answer = _short(found[0], warned)
        return Done(msgspec.json.encode(answer), headers)

    def prove(self, job: Prove) -> Done:
        """Load a version of which this process knows nothing but the files, and predict its example."""
        client = self._catalog.client
        version = self._catalog.find(Which(name=job.name, version=job.version))
        try:
            loaded = self._catalog.load(version)
            predictions(loaded, loaded.model.input_example, probabilities=False)
        except Exception as error:  # noqa: BLE001  # the model's own code; what it says is the verdict
            client.set_model_version_tag(job.name, job.version, _VERIFICATION, "failed")
            return Done(msgspec.json.encode({"status": "failed", "message": f"{type(error).__name__}: {error}"}))
        client.set_model_version_tag(job.name, job.version, _VERIFICATION, "passed")
        return Done(msgspec.json.encode({"status": "passed", "message": ""}))

    def describe(self, job: Describe) -> Done:
        """What is known of a version: its columns in order, what it predicts, and how well."""
        version = self._catalog.find(job.which)
        folder = self._catalog.folder(version)
        model = Model.load(folder)
        notes, profile = notes_of(model), read_profile(folder)
        ranges = {each.name: [each.min, each.max] for each in profile.columns} if profile else {}
        run = self._catalog.client.get_run(version.entity.run_id).data if version.entity.run_id else None
        told = {
            **version.told(),
            "target": notes.get("target"),
            "features": [
                {"name": each.name, "type": each.type, "range": ranges.get(each.name)} for each in features_of(model)
            ],
            "labels": notes.get("labels") or None,
            "flavor": flavor_behind(model.flavors["python_function"]) if "python_function" in model.flavors else None,
            "params": run.params if run else {},
            "metrics": run.metrics if run else {},
        }
        return Done(msgspec.json.encode(told), version.headers)


def predictions(loaded: Loaded, frame: Any, *, probabilities: bool) -> list[dict[str, Any]]:
    """A prediction for each row, as an object with the target's name.

    Raises ``ModelFailed`` when the model's own code fails, ``InvalidParameter`` when it tells no probabilities.
    """
    try:
        found = loaded.model.predict(frame)
    except Exception as error:
        raise ModelFailed(f"The model failed on this input: {_first_line(error)}") from error
    values, shares = _as_values(loaded, found)
    if not probabilities:
        return [{loaded.target: value} for value in values]
    labels = loaded.labels
    if shares is None:
        shares, labels = _shares(loaded, frame)
    names = [str(label) for label in labels]
    return [
        {loaded.target: value, "probabilities": dict(zip(names, row, strict=True))}
        for value, row in zip(values, shares.tolist(), strict=True)
    ]


def _as_values(loaded: Loaded, found: Any) -> tuple[list[Any], Any]:
    """The values, or the labels; of a network, which tells a share for each class, those too."""
    array = found.to_numpy() if kind_of(found) in ("pandas", "series") else numpy("Predicting").asarray(found)
    if loaded.labels and array.ndim == 2 and array.shape[1] == len(loaded.labels):
        return [loaded.labels[place] for place in array.argmax(axis=1).tolist()], array
    return [_plain(value) for value in array.reshape(len(array), -1)[:, 0].tolist()], None


def _shares(loaded: Loaded, frame: Any) -> tuple[Any, list[Any]]:
    """The share of each class, and the classes: an estimator knows those it was trained with, not all there are."""
    raw = loaded.model.get_raw_model()
    tell = getattr(raw, "predict_proba", None)
    if tell is None or not loaded.labels:
        raise InvalidParameter(f"The model {loaded.version.id} tells no probabilities.")
    text = len(loaded.features) == 1 and loaded.features[0].type == "string"
    found = tell(frame[loaded.features[0].name] if text else frame)
    return found, numpy("Predicting").asarray(raw.classes_).tolist()


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _short(found: dict[str, Any], warned: Sequence[Warned]) -> dict[str, Any]:
    rounded = {key: round(value, DIGITS) if isinstance(value, float) else value for key, value in found.items()}
    return {**rounded, "warnings": warned} if warned else rounded


def _warning_header(warned: Sequence[Warned]) -> dict[str, str]:
    if not warned:
        return {}
    text = "; ".join(f"row {each.row}, {each.field}: {each.message}" for each in warned)
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    return {"x-model-warnings": plain[:_LONGEST]}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:500]}" if lines else type(error).__name__
