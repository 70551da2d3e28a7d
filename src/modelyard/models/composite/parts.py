"""The models of a composite one as folders, each named by the digest of its files, equal ones kept once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.models import catalog
from modelyard.models.addresses import fetch
from modelyard.models.catalog import PYFUNC
from modelyard.models.composite.capture import is_local
from modelyard.models.composite.pickling import Reading, write
from modelyard.models.flavor import Flavor
from modelyard.models.load import flavor_behind, load_pyfunc, open_folder
from modelyard.models.mlmodel import FILE, Model
from modelyard.models.offline import OFFLINE
from modelyard.models.requirements import modules_of_folder
from modelyard.models.trust import admit, digest, modules_in

PARTS = "parts"
_PICKLE = "part.pkl"
_NEW = "new"

Entry = dict[str, Any]


class PartWriter:
    """Writes models below the folder of a composite one, and collects what their code leads to."""

    def __init__(self, folder: Path, *, source: bool) -> None:
        self._folder = folder
        self._source = source
        self._written: dict[int, str] = {}
        self.names: set[str] = set()
        self.modules: set[str] = set()

    def write(self, name: str, part: Any) -> Entry:
        """Write a model; answers its entry of MLmodel.

        Raises ``InvalidParameter`` naming the model when it cannot be saved.
        """
        if id(part) in self._written:
            return {"same_as": self._written[id(part)]}
        self._written[id(part)] = name
        try:
            place, entry = self._write(part)
        except Exception as error:
            raise _refused(name, error) from error
        return {**entry, "path": self._settle(place)}

    def write_registered(self, name: str, address: str, follow: bool) -> Entry:
        """Copy the model at an address, as it is now.

        Raises ``UntrustedModel`` when this machine would not load it: nobody vouches for others by accident.
        """
        try:
            folder, model, sealed = open_folder(fetch(address))
        except ModelyardError as error:
            raise _refused(name, error) from error
        if PYFUNC not in model.flavors or sealed is not None:
            why = "it is sealed, and would be stored open" if sealed else "it has no python_function: it cannot predict"
            raise InvalidParameter(f"The model {name!r} cannot be saved: {address}: {why}.")
        admit(folder, model, flavor=flavor_behind(model.flavors[PYFUNC]))
        place = self._place()
        shutil.copytree(folder, place, dirs_exist_ok=True)
        self.modules.update(modules_of_folder(place, model))
        entry = {"flavor": PYFUNC, "address": address, "model_id": model.model_id, "follow": follow}
        return {**{key: value for key, value in entry.items() if value is not None}, "path": self._settle(place)}

    def _write(self, part: Any) -> tuple[Path, Entry]:
        place = self._place()
        flavor = _flavor_of(part)
        if flavor is not None:
            entries = flavor.save(part, place)
            if not _holds_own_code(place):
                self.modules.update(modules_of_folder(place, Model(flavors=entries)))
                # JSON is YAML; with no time and no number of its own, an equal model has an equal folder
                (place / FILE).write_text(json.dumps({"flavors": entries}), encoding="utf-8")
                return place, {"flavor": flavor.name}
            shutil.rmtree(place)
            place.mkdir()
        self.names |= write(part, place / _PICKLE, source=self._source)
        self.modules.update(modules_in(place))
        return place, {"flavor": "pickle"}

    def _place(self) -> Path:
        place = self._folder / PARTS / _NEW
        place.mkdir(parents=True)
        return place

    def _settle(self, place: Path) -> str:
        target = place.with_name(digest(place).partition(":")[2])
        if target.exists():
            shutil.rmtree(place)
        else:
            os.replace(place, target)
        return f"{PARTS}/{target.name}"


def _refused(name: str, error: Exception) -> InvalidParameter:
    words = error.message if isinstance(error, ModelyardError) else f"{type(error).__name__}: {error}"
    return InvalidParameter(f"The model {name!r} cannot be saved: {words}")


def load_parts(folder: Path, entries: Mapping[str, Entry], reading: Reading) -> dict[str, Any]:
    """The models by name; the folder is one that was admitted."""
    found = {name: _load(folder, entry, reading) for name, entry in entries.items() if "same_as" not in entry}
    return {name: found[entry.get("same_as", name)] for name, entry in entries.items()}


def _load(folder: Path, entry: Entry, reading: Reading) -> Any:
    place = inside(folder, str(entry["path"]))
    if "address" in entry:
        if entry.get("follow") and not OFFLINE.get():
            return load_pyfunc(fetch(str(entry["address"])))
        return load_pyfunc(place, trust=digest(place))
    if entry["flavor"] == "pickle":
        return reading.read(place / _PICKLE)
    flavor = catalog.flavor(str(entry["flavor"]))
    return flavor.load(place, Model.load(place).flavors[flavor.name])


def inside(folder: Path, key: str) -> Path:
    """A path below the folder; raises ``InvalidParameter`` for one that leads out of it."""
    place = (folder / key).resolve()
    if folder.resolve() not in place.parents:
        raise InvalidParameter(f"The MLmodel file names {key!r}, which is outside the model folder.")
    return place


def _flavor_of(part: Any) -> Flavor | None:
    """The flavor of the model's framework; what is of none is pickled with the code around it."""
    try:
        flavor = catalog.flavor_of(part)
    except InvalidParameter:
        return None
    return None if flavor.name == PYFUNC else flavor


def _holds_own_code(place: Path) -> bool:
    """Whether a flavor's files hold code, or lead to modules of the author's own, which only our pickles take along."""
    return any(name == "cloudpickle" or is_local(name) for name in modules_in(place))
