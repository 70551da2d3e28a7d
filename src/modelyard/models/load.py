"""The one recipe that makes an object of a model folder: verify, decide on trust, then load."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.models import catalog
from modelyard.models.bundles import Key, find_bundle, sealing
from modelyard.models.catalog import PYFUNC
from modelyard.models.code import importable
from modelyard.models.flavor import Flavor
from modelyard.models.mlmodel import Model
from modelyard.models.options import PathLike
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.trust import admit, private_folder

_IMPORTING = threading.RLock()


class Opened(NamedTuple):
    """A model folder nobody else can change, what its MLmodel file says, and the digest a bundle's seal vouches for."""

    folder: Path
    model: Model
    vouched: str | None = None


def open_folder(path: PathLike, *, trust: str | None = None, unseal: Key | None = None, held: bool = False) -> Opened:
    """Take hold of a model folder: of a private copy where somebody else could change it. Loads nothing.

    A sealed bundle becomes a private folder: with ``unseal``, which is a passphrase, the path of a key's file or a key,
    or with this machine's own key. It is verified, and whoever sealed it is trusted, or it is refused.

    ``held`` says that another process of ours, which waits for this one, has taken hold of the folder already.
    """
    bundle = find_bundle(path)
    if bundle is not None:
        opened = sealing("unseal_to_load")(bundle, unseal=unseal, trust=trust)
        return Opened(opened.folder, Model.load(opened.folder), opened.digest)
    if unseal is not None:
        raise InvalidParameter(f"{os.fspath(path)!r} is no sealed bundle, and unseal= was given.")
    folder = Path(path) if held else private_folder(Path(path))
    return Opened(folder, Model.load(folder))


def load_native(path: PathLike, *, flavor: str, trust: str | None = None, unseal: Key | None = None) -> Any:
    """The object that was saved, by the flavor of a name; ``unseal`` opens it if it is a sealed bundle.

    Raises ``InvalidParameter`` when the folder has no such flavor, ``ChangedModel`` when its files are not the ones in
    its manifest, and ``UntrustedModel`` when its format can run code and nobody this machine trusts signed it.
    """
    opened = open_folder(path, trust=trust, unseal=unseal)
    if flavor not in opened.model.flavors:
        raise InvalidParameter(f'Model does not have the "{flavor}" flavor. It has: {", ".join(opened.model.flavors)}.')
    return _load(opened, flavor, trust)[1]


def load_pyfunc(
    path: PathLike,
    *,
    model_config: Mapping[str, Any] | None = None,
    trust: str | None = None,
    unseal: Key | None = None,
    held: bool = False,
) -> PyFuncModel:
    """A model of any flavor as a Python function; raises as ``load_native`` does. ``held`` is as for ``open_folder``."""
    opened = open_folder(path, trust=trust, unseal=unseal, held=held)
    entry = opened.model.flavors.get(PYFUNC)
    if entry is None:
        raise InvalidParameter(
            f'Model does not have the "{PYFUNC}" flavor: it cannot predict. It has: {", ".join(opened.model.flavors)}.'
        )
    config = {**(entry.get("config") or {}), **(model_config or {})}
    name = flavor_behind(entry)
    flavor, obj = _load(opened, name, trust, config)
    predict = flavor.predictor(obj, {**opened.model.flavors.get(name, {}), **entry, "config": config})
    return PyFuncModel(model=opened.model, folder=opened.folder, obj=obj, predict=predict, model_config=config)


def flavor_behind(entry: Mapping[str, Any]) -> str:
    """The flavor that loads what the entry ``python_function`` names."""
    return catalog.flavor_loading(str(entry.get("loader_module")))


def _load(opened: Opened, name: str, trust: str | None, config: Mapping[str, Any] | None = None) -> tuple[Flavor, Any]:
    folder, model, vouched = opened
    admit(folder, model, flavor=name, trust=trust or vouched)
    entry = dict(model.flavors.get(name, {}))
    if config is not None and name == PYFUNC:
        entry["config"] = dict(config)
    flavor = catalog.flavor(name)
    code = model.flavors.get(PYFUNC, {}).get("code") or entry.get("code")
    with _code_of(folder, code):
        return flavor, flavor.load(folder, entry)


@contextmanager
def _code_of(folder: Path, code: Any) -> Iterator[None]:
    """Put the model's own code in front of the import path, for good: it may import more when it predicts.

    It is a copy of the code, for Python leaves compiled files beside what it imports, and a model's folder stays as it is.
    """
    if not code:
        yield
        return
    place = (folder / str(code)).resolve()
    if folder.resolve() not in place.parents:
        raise InvalidParameter(f"The MLmodel file names code outside the model folder: {code!r}.")
    with _IMPORTING:
        copy = str(importable(place))
        if copy not in sys.path:
            sys.path.insert(0, copy)
        yield
