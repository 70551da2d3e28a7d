"""The versions in the store: found by what a request says, loaded when they are first asked for, and kept."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modelyard.client.client import MlflowClient
from modelyard.client.flavors.verbs import fetch_model
from modelyard.core.entities import ModelVersion
from modelyard.core.errors import NotFound
from modelyard.models.load import load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.profile import Profile, read_profile
from modelyard.models.pyfunc import PyFuncModel
from modelyard.training.data import NUMBER, TEXT
from modelyard.training.result import Feature
from modelyard.training.service.frames import Which
from modelyard.training.tracked import NOTES

FRAMEWORK, TARGET = "training.framework", "training.target"
NETWORKS = ("pytorch", "keras")
MOST_LOADED = 8
MOST_LISTED = 1000
_FIRST_LOOK = 5
_NOTHING = "There is no trained model yet: train one first, with GET or POST /train."
_ONLY_NETWORKS = (
    "There is no trained model yet but networks, which answer at /predict_net or by their name, ?model=. Train one with"
    " GET or POST /train."
)
_NO_NETWORK = (
    "There is no trained network yet: train one first, such as with POST /train and"
    ' {"model": "DenseRegressor"}, or name a model with ?model=.'
)


class Version:
    """A version of a registered model, and what its folder says; nothing of it is loaded."""

    def __init__(self, entity: ModelVersion) -> None:
        self.entity = entity

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by while it is loaded."""
        return self.entity.name, str(self.entity.version), self.entity.model_id or ""

    @property
    def id(self) -> str:
        """What requests name it by."""
        return f"{self.entity.name}/{self.entity.version}"

    @property
    def headers(self) -> dict[str, str]:
        """What answers say of it."""
        return {"x-model": self.id, "x-model-id": self.entity.model_id or "", "x-run-id": self.entity.run_id or ""}

    def told(self) -> dict[str, Any]:
        """What a list says of it."""
        entity = self.entity
        return {
            "id": self.id,
            "name": entity.name,
            "version": str(entity.version),
            "model_id": entity.model_id or None,
            "run_id": entity.run_id or None,
            "aliases": list(entity.aliases),
            "model": entity.tags.get("training.model"),
            "framework": entity.tags.get(FRAMEWORK),
            "task": entity.tags.get("training.task"),
            "created": entity.creation_timestamp,
        }


class Loaded:
    """A version that was loaded, with what its training noted."""

    def __init__(self, version: Version, folder: Path) -> None:
        self.version = version
        self.model: PyFuncModel = load_pyfunc(folder)
        self.notes = notes_of(self.model.metadata)
        self.profile: Profile | None = read_profile(folder)

    @property
    def target(self) -> str:
        """What its predictions are called."""
        return str(self.notes.get("target") or "prediction")

    @property
    def labels(self) -> list[Any]:
        """The classes, of a classifier."""
        return list(self.notes.get("labels") or ())

    @cached_property
    def features(self) -> list[Feature]:
        """What it predicts from."""
        return features_of(self.model.metadata)

    @cached_property
    def limits(self) -> dict[str, tuple[float, float]]:
        """The range of each number in the data it was trained with."""
        columns = self.profile.columns if self.profile is not None and self.profile.source == "training_data" else []
        return {each.name: (each.min, each.max) for each in columns if each.min is not None and each.max is not None}


def notes_of(model: Model) -> dict[str, Any]:
    """What the training left in the MLmodel file; nothing in that of a model from elsewhere."""
    found = (model.metadata or {}).get(NOTES)
    return dict(found) if isinstance(found, dict) else {}


def features_of(model: Model) -> list[Feature]:
    """The features by the training's notes, else by the signature."""
    noted = notes_of(model).get("features")
    if noted:
        return [Feature(each["name"], each["type"]) for each in noted]
    schema = model.get_input_schema()
    if schema is None or not schema.has_input_names() or schema.is_tensor_spec():
        return []
    return [Feature(str(spec.name), TEXT if str(spec.type) == "string" else NUMBER) for spec in schema.inputs]


class Catalog:
    """All versions of a store. One thread at a time."""

    def __init__(self, client: MlflowClient) -> None:
        self.client = client
        self._loaded: OrderedDict[tuple[str, str, str], Loaded] = OrderedDict()

    def all(self, most: int = MOST_LISTED) -> list[Version]:
        """The versions there are, the newest first."""
        found = self.client.search_model_versions(max_results=most, order_by=["creation_timestamp DESC"])
        return [Version(each) for each in sorted(found, key=_age, reverse=True)]

    def find(self, which: Which, *, network: bool = False, target: str = "") -> Version:
        """The version that is meant. Raises ``NotFound``.

        Without a word about it, it is the newest that predicts ``target``, or else anything: a network, or one that is none.
        """
        if which.model_id:
            return self._by_model_id(which.model_id)
        if not which.name:
            return self._newest(network=network, target=target)
        if which.alias:
            return self._by_alias(which.name, which.alias)
        if which.version:
            return Version(self.client.get_model_version(which.name, which.version))
        self.client.get_registered_model(which.name)
        return self._last(f"name = '{_quoted(which.name)}'", f"The model {which.name!r} has no versions.")

    def load(self, version: Version) -> Loaded:
        """The version, loaded; those used last stay loaded."""
        found = self._loaded.get(version.key)
        if found is None:
            found = Loaded(version, self.folder(version))
            self._loaded[version.key] = found
            while len(self._loaded) > MOST_LOADED:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(version.key)
        return found

    def folder(self, version: Version) -> Path:
        """Its folder, on this disk."""
        return fetch_model(f"models:/{quote(version.entity.name, safe='')}/{version.entity.version}")

    def _newest(self, *, network: bool, target: str) -> Version:
        of_kind: list[Version] = []
        for most in (_FIRST_LOOK, MOST_LISTED):  # nearly always, it is among the first
            trained = [each for each in self.all(most) if FRAMEWORK in each.entity.tags]
            of_kind = [each for each in trained if (each.entity.tags[FRAMEWORK] in NETWORKS) == network]
            for version in of_kind:
                if version.entity.tags.get(TARGET) == target:
                    return version
        if not of_kind:
            raise NotFound(_NO_NETWORK if network else _ONLY_NETWORKS if trained else _NOTHING)
        return of_kind[0]

    def _by_alias(self, name: str, alias: str) -> Version:
        found = self.client.get_registered_model(name).aliases
        if alias not in found:
            raise NotFound(f"The model {name!r} has no alias {alias!r}.")
        return Version(self.client.get_model_version(name, str(found[alias])))

    def _by_model_id(self, model_id: str) -> Version:
        for version in self.all():
            if version.entity.model_id == model_id:
                return version
        raise NotFound(f"There is no version of the id {model_id[:100]!r}.")

    def _last(self, query: str, otherwise: str) -> Version:
        found = self.client.search_model_versions(query, max_results=1, order_by=["version_number DESC"])
        if not found:
            raise NotFound(otherwise)
        return Version(found[0])


def _age(entity: ModelVersion) -> tuple[int, int]:
    return entity.creation_timestamp or 0, int(entity.version)


def _quoted(name: str) -> str:
    return name.replace("'", "''")
