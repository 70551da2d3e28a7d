"""``log_model``, ``save_model`` and ``load_model`` of a flavor: one implementation, the flavor's own words.

MLflow spells out some twenty arguments once for each framework. Here the options stand in three tables:
``LogOptions``, ``SaveOptions`` and the flavor's fields. A verb binds its arguments to all three, so that a wrong name
is a ``TypeError`` as with any function, and ``help`` shows every option.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.flavors.log import LogOptions, log_model
from modelyard.client.reading import fetch_artifacts
from modelyard.core.errors import InvalidParameter
from modelyard.models import catalog
from modelyard.models.bundles import Key, find_bundle
from modelyard.models.flavor import Flavor
from modelyard.models.info import ModelInfo
from modelyard.models.load import load_native
from modelyard.models.mlmodel import find
from modelyard.models.options import PathLike, SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust.folders import lasting_folder

_IGNORED = ("mlflow_model", "skops_trusted_types")
"""Arguments of MLflow's that mean nothing to us: callers of its internals pass them."""


class FlavorVerbs:
    """The verbs of one flavor; ``subject`` is what MLflow calls the model's argument, such as ``sk_model``.

    It comes before the model's place, unless ``place_first`` says that MLflow has it otherwise.
    """

    def __init__(self, flavor: str, *, subject: str, options: Iterable[str] = (), place_first: bool = False) -> None:
        self._flavor = flavor
        self._subject = subject
        self._options = tuple(options)
        self._save = _signature(subject, "path", place_first, (SaveOptions,), self._options)
        self._log = _signature(subject, "artifact_path", place_first, (SaveOptions, LogOptions), self._options)

    def log_model(self, *args: Any, **kwargs: Any) -> ModelInfo:
        """Log a model of this flavor: as a logged model of the active run, in a folder that has proved that it loads.

        The first argument is the model, the second its name. The others are the fields of ``LogOptions``, of
        ``SaveOptions`` and the flavor's own options. Answers what was logged; its ``model_uri`` loads it again.
        """
        given = _bind(self._log, args, kwargs)
        obj = given.pop(self._subject, None)
        flavor = self._make(given)
        return log_model(obj, flavor=flavor, log=_take(LogOptions, given), save=_take(SaveOptions, given))

    def save_model(self, *args: Any, **kwargs: Any) -> None:
        """Save a model of this flavor as the folder ``path``, which appears whole or not at all.

        The first argument is the model, the second the path. The others are the fields of ``SaveOptions`` and the
        flavor's own options.
        """
        given = _bind(self._save, args, kwargs)
        obj, path = given.pop(self._subject, None), given.pop("path")
        save_model(obj, path, flavor=self._make(given), options=_take(SaveOptions, given))

    def load_model(
        self,
        model_uri: PathLike,
        dst_path: PathLike | None = None,
        *,
        trust: str | None = None,
        unseal: Key | None = None,
    ) -> Any:
        """The object that was logged, from an address (``runs:/…``, ``models:/…``) or a path.

        ``trust`` is the digest of a model whose code shall be run although nobody this machine trusts signed it.
        A sealed bundle is opened with this machine's own key, or with ``unseal``: a passphrase, the ``Path`` of a key's
        file, or a key. Raises ``UntrustedModel`` and ``ChangedModel`` before anything of the model runs.
        """
        return load_native(fetch_model(model_uri, dst_path), flavor=self._flavor, trust=trust, unseal=unseal)

    def _make(self, given: dict[str, Any]) -> Flavor:
        options = {name: given[name] for name in self._options if name in given}
        for name in {*options} - {*SaveOptions.__struct_fields__}:
            del given[name]
        return catalog.flavor(self._flavor, **options)


def fetch_model(model_uri: PathLike, dst_path: PathLike | None = None, *, tracking_uri: str | None = None) -> Path:
    """The folder of a model, on this disk; one that was downloaded lasts as long as this process, or is ``dst_path``'s.

    Raises ``NotFound`` when what is at the address is no model, nor a sealed one.
    """
    if not isinstance(model_uri, str | Path) or not str(model_uri):
        raise InvalidParameter(f"A model's address is a text or a path, not {model_uri!r}.")
    folder = Path(fetch_artifacts(str(model_uri), dst_path, tracking_uri, new=lasting_folder))
    if find_bundle(folder) is None:
        find(folder, address=model_uri)
    return folder


def _signature(
    subject: str, place: str, place_first: bool, tables: Iterable[type[msgspec.Struct]], options: Iterable[str]
) -> inspect.Signature:
    either, empty = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.empty
    model = inspect.Parameter(subject, either, default=None if place_first else empty)
    where = inspect.Parameter(place, either, default=None if place == "artifact_path" else empty)
    leading = [where, model] if place_first else [model, where]
    names = {name for table in tables for name in table.__struct_fields__} | {*options, *_IGNORED}
    others = sorted(names - {place, subject})
    return inspect.Signature(
        [*leading, *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in others)]
    )


def _bind(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(signature.bind(*args, **kwargs).arguments)
    for name in _IGNORED:
        given.pop(name, None)
    return given


def _take(table: type[Any], given: Mapping[str, Any]) -> Any:
    """The fields of a table that were given; a None stands for the default, as MLflow's callers write it."""
    return table(**{name: given[name] for name in table.__struct_fields__ if given.get(name) is not None})
